"""Datasets: import, fetch, merge into longer bars, look at the bars and at what changed."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from app.routes.dependencies import Answering, Cursor, Key, Limit, UseCases
from app.routes.problems import problem_responses
from app.routes.uploads import Upload, csv_upload
from app.routes.v1.schemas.archive import (
    ArchiveOut,
    DiffOut,
    FetchIn,
    FetchOut,
    FetchRangesOut,
    archived_symbol_out,
    diff_out,
    fetch_out,
    fetch_range_out,
)
from app.routes.v1.schemas.datasets import (
    BarsOut,
    DatasetOut,
    ResampleIn,
    bars_out,
    dataset_out,
)
from app.routes.v1.schemas.wire import PageOut, Symbol
from app.simulation.archive import FetchRecord
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


@router.post(
    "/fetch",
    status_code=HTTPStatus.ACCEPTED,
    response_model=FetchOut,
    responses=problem_responses(409, 422, 503),
)
def fetch_dataset(wish: FetchIn, request: Request, use: UseCases, key: Key) -> Response:
    """Make a dataset of the provider's bars; follow the job at the Location.

    Prices are as traded unless `adjustment` is `split`. Sessions whose prices can still change
    are left out; the freshest ones are read twice, a minute apart.
    """
    answering: Answering[FetchRecord] = Answering(render=fetch_out, status=HTTPStatus.ACCEPTED)
    job = use.fetch_dataset.submit(
        symbol=wish.symbol,
        resolution=wish.resolution,
        adjustment=wish.adjustment,
        start=wish.start,
        end=wish.end,
        ticket=answering.ticket(key),
    )
    response = answering.respond(job)
    if isinstance(job, FetchRecord):
        response.headers["Location"] = f"{request.url.path}es/{job.id}"
    return response


@router.get("/fetches", responses=problem_responses(422, 503))
def list_dataset_fetches(
    use: UseCases, limit: Limit = 100, cursor: Cursor = None
) -> PageOut[FetchOut]:
    """List the jobs that fetch datasets, newest first."""
    page = use.fetch_dataset.list(limit=limit, cursor=cursor)
    return PageOut(items=[fetch_out(item) for item in page.items], next_cursor=page.next_cursor)


@router.get("/fetches/{fetch_id}", responses=problem_responses(404, 422, 503))
def get_dataset_fetch(fetch_id: str, use: UseCases) -> FetchOut:
    """Return a job with its progress, and its dataset when it is completed."""
    return fetch_out(use.fetch_dataset.get(fetch_id=fetch_id))


@router.delete("/fetches/{fetch_id}", responses=problem_responses(404, 422, 503))
def cancel_dataset_fetch(fetch_id: str, use: UseCases) -> FetchOut:
    """Cancel a job at its next part; one that has ended stays as it is."""
    return fetch_out(use.fetch_dataset.cancel(fetch_id=fetch_id))


@router.get("/ranges", responses=problem_responses(422, 503))
def list_fetch_ranges(use: UseCases, symbol: Symbol | None = None) -> FetchRangesOut:
    """Return the dates that can be fetched, by resolution; with a symbol, its archive included."""
    ranges = use.fetch_dataset.ranges(symbol=symbol)
    return FetchRangesOut(items=[fetch_range_out(each) for each in ranges])


@router.get("/archive", responses=problem_responses(422, 503))
def list_archived_symbols(use: UseCases) -> ArchiveOut:
    """Return the symbols whose minute bars are kept after each close, with the last outcome."""
    return ArchiveOut(items=[archived_symbol_out(each) for each in use.harvest.list()])


@router.get("/{dataset_id}", responses=problem_responses(404, 422, 503))
def get_dataset(dataset_id: str, use: UseCases) -> DatasetOut:
    """Return one dataset, by its id or its digest."""
    return dataset_out(use.read_dataset.get(dataset_id=dataset_id))


@router.get("/{dataset_id}/bars", responses=problem_responses(404, 422, 503))
def get_dataset_bars(dataset_id: str, use: UseCases, points: Points = 2000) -> BarsOut:
    """Return the bars over the whole range, merged into at most `points`."""
    bars, every = use.read_dataset.bars(dataset_id=dataset_id, points=points)
    return bars_out(bars, every)


@router.get("/{dataset_id}/diff", responses=problem_responses(404, 422, 503))
def get_dataset_diff(dataset_id: str, use: UseCases) -> DiffOut:
    """Return what changed since the version before this dataset."""
    parent, found = use.read_dataset.diff(dataset_id=dataset_id)
    return diff_out(parent, found)
