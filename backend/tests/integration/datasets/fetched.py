"""Fetches that run to their end, of recorded prices of KO."""

import time
from datetime import UTC, date, datetime

from app.services.fetch_dataset import FetchDataset
from app.services.read_dataset import ReadDataset
from app.simulation.archive import FetchRecord
from app.simulation.bars import Adjustment, Bars, DatasetRecord, Resolution
from app.simulation.run import RunStatus
from tests.integration.simulation.recorded import BUNDLED, read_daily

PATIENCE_SECONDS = 30
KO = read_daily(BUNDLED / "KO.csv", Adjustment.SPLIT)
FRIDAY_EVENING = datetime(2024, 3, 8, 23, tzinfo=UTC)  # the last recorded session has settled
LIVE = {RunStatus.QUEUED, RunStatus.RUNNING}


class Fetched:
    """Runs jobs to their end."""

    def __init__(self, fetching: FetchDataset, reads: ReadDataset) -> None:
        self._fetching = fetching
        self._reads = reads

    def job(
        self,
        *,
        start: date = date(2023, 6, 1),
        end: date = date(2024, 3, 8),
        symbol: str = "KO",
        resolution: Resolution = Resolution.DAY,
        adjustment: Adjustment = Adjustment.RAW,
    ) -> FetchRecord:
        job = self._fetching.submit(
            symbol=symbol, resolution=resolution, adjustment=adjustment, start=start, end=end
        )
        assert isinstance(job, FetchRecord)
        return self.ended(job.id)

    def ended(self, fetch_id: str) -> FetchRecord:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (job := self._fetching.get(fetch_id=fetch_id)).status in LIVE:
            assert time.monotonic() < deadline, job.status
            time.sleep(0.01)
        return job

    def dataset(self, **wish: object) -> DatasetRecord:
        job = self.job(**wish)  # type: ignore[arg-type]
        assert (job.status, job.error) == (RunStatus.COMPLETED, None)
        assert job.dataset_id is not None
        return self._reads.get(dataset_id=job.dataset_id)

    def bars(self, record: DatasetRecord) -> Bars:
        return self._reads.bars(dataset_id=record.id, points=100_000)[0]
