"""Datasets: import, merge into longer bars, list, look at the bars."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from app.routes.dependencies import Answering, Cursor, Key, Limit, UseCases
from app.routes.problems import problem_responses
from app.routes.uploads import Upload, csv_upload
from app.routes.v1.schemas.datasets import (
    BarsOut,
    DatasetOut,
    ResampleIn,
    bars_out,
    dataset_out,
)
from app.routes.v1.schemas.wire import PageOut, Symbol
from app.simulation.bars import Adjustment, DatasetRecord, Resolution

router = APIRouter(prefix="/datasets", tags=["datasets"])
Zone = Annotated[str, Query(max_length=64, description="IANA name, for times without an offset.")]
Points = Annotated[int, Query(ge=2, le=100_000, description="Merge the bars into this many.")]


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    response_model=DatasetOut,
    responses=problem_responses(409, 422, 503),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "text/csv": {"schema": {"type": "string"}},
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "properties": {"file": {"type": "string", "format": "binary"}},
                        "required": ["file"],
                    }
                },
            },
        }
    },
)
def import_dataset(
    use: UseCases,
    key: Key,
    upload: Annotated[Upload, Depends(csv_upload)],
    symbol: Symbol,
    resolution: Resolution,
    adjustment: Adjustment,
    timezone: Zone = "America/New_York",
) -> Response:
    """Import bars from CSV, all or nothing, with a quality report."""
    answering: Answering[DatasetRecord] = Answering(render=dataset_out, status=HTTPStatus.CREATED)
    return answering.respond(
        use.import_dataset.run(
            content=upload.content,
            file_name=upload.name,
            symbol=symbol,
            resolution=resolution,
            adjustment=adjustment,
            timezone=timezone,
            ticket=answering.ticket(key),
        )
    )


@router.post(
    "/{dataset_id}/resample",
    status_code=HTTPStatus.CREATED,
    response_model=DatasetOut,
    responses=problem_responses(404, 409, 422, 503),
)
def resample_dataset(dataset_id: str, wish: ResampleIn, use: UseCases, key: Key) -> Response:
    """Make a dataset of longer bars, merged inside each session; its provenance names this one."""
    answering: Answering[DatasetRecord] = Answering(render=dataset_out, status=HTTPStatus.CREATED)
    return answering.respond(
        use.resample_dataset.run(
            dataset_id=dataset_id, resolution=wish.resolution, ticket=answering.ticket(key)
        )
    )


@router.get("", responses=problem_responses(422, 503))
def list_datasets(use: UseCases, limit: Limit = 100, cursor: Cursor = None) -> PageOut[DatasetOut]:
    """List the datasets with their provenance and quality report, newest first."""
    page = use.read_dataset.list(limit=limit, cursor=cursor)
    return PageOut(items=[dataset_out(item) for item in page.items], next_cursor=page.next_cursor)


@router.get("/{dataset_id}", responses=problem_responses(404, 422, 503))
def get_dataset(dataset_id: str, use: UseCases) -> DatasetOut:
    """Return one dataset, by its id or its digest."""
    return dataset_out(use.read_dataset.get(dataset_id=dataset_id))


@router.get("/{dataset_id}/bars", responses=problem_responses(404, 422, 503))
def get_dataset_bars(dataset_id: str, use: UseCases, points: Points = 2000) -> BarsOut:
    """Return the bars over the whole range, merged into at most `points`."""
    bars, every = use.read_dataset.bars(dataset_id=dataset_id, points=points)
    return bars_out(bars, every)
