"""Asks Yahoo through yfinance, which obtains cookie, consent and crumb where they are needed.

`YfData`, the layer of yfinance that speaks to Yahoo, is used instead of `Ticker`. `Ticker.info`
needs three requests a symbol and overwrites the symbol of the answer with the one asked for.
`Ticker.history` answers a second read of past bars out of its own memory, drops rows without
prices, and turns numbers into floats and pandas frames. The raw answer is neither adjusted nor
repaired (auto_adjust, back_adjust and repair have nothing to act on) and read exactly.

Importing this module imports yfinance and pandas, which costs a second: import it when Yahoo has
to be asked without a pass.
"""

from collections.abc import Mapping
from pathlib import Path
from pickle import PickleError

import yfinance
from curl_cffi.requests import Response
from curl_cffi.requests.exceptions import RequestException
from peewee import PeeweeException
from yfinance.data import YfData
from yfinance.exceptions import YFException

from app.adapters.market.yahoo_session import AnsweredError, NotAdmittedError, YahooSession

# What yfinance raises over a cookie or consent page that it cannot make out.
_NOT_OPENED = (YFException, LookupError, TypeError, ValueError, AttributeError, OSError)


class YahooEntrance:
    """yfinance's way into `session`; `cache_dir` is where it keeps its cookie between starts."""

    def __init__(self, *, session: YahooSession, cache_dir: Path) -> None:
        yfinance.set_tz_cache_location(str(cache_dir))
        yfinance.config.debug.hide_exceptions = False
        self._cache_dir = cache_dir
        # Past the metaclass, which would share one cookie and crumb between all base URLs.
        self._data = type.__call__(YfData, session)

    @property
    def crumb(self) -> str | None:
        """Return the crumb that the last question was asked with."""
        crumb = self._data._crumb
        return crumb if isinstance(crumb, str) and crumb else None

    def get(self, url: str, parameters: Mapping[str, str]) -> Response:
        """Return Yahoo's response, asked once more with a new crumb when the first is refused.

        Raises
        ------
        RequestException, AnsweredError
            As the session does.
        NotAdmittedError
            When there is no cookie or crumb to ask with.
        """
        try:
            response: Response = self._data.get(url, params=dict(parameters))
        except (RequestException, AnsweredError):
            raise
        except (PeeweeException, PickleError) as error:
            raise NotAdmittedError(
                f"its cookie, kept in {self._cache_dir}, cannot be read or written;"
                " delete that folder and restart"
            ) from error
        except _NOT_OPENED as error:
            raise NotAdmittedError("no session with it could be opened (cookie, crumb)") from error
        return response
