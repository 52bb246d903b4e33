"""The use cases, built once and handed to the routes."""

from dataclasses import dataclass

from app.services.arm_broker import ArmBroker
from app.services.cancel_orders import CancelOrders
from app.services.carry_order import CarryOrder
from app.services.corporate_actions import CorporateActions
from app.services.evaluate import Evaluate
from app.services.fetch_dataset import FetchDataset
from app.services.gate_ledger import ReadGateLedger
from app.services.halt_trading import HaltTrading
from app.services.harvest_bars import HarvestBars
from app.services.import_dataset import ImportDataset
from app.services.ladder import ReadLadder
from app.services.manage_position import ManagePosition
from app.services.open_position import OpenPosition
from app.services.ports import EventStream
from app.services.read_dataset import ReadDataset
from app.services.read_health import ReadHealth
from app.services.read_market import ReadMarket
from app.services.read_position import ReadPosition
from app.services.read_simulation import ReadSimulation
from app.services.read_status import ReadStatus
from app.services.reconcile import Reconcile
from app.services.replay_decisions import ReplayDecisions
from app.services.resample_dataset import ResampleDataset
from app.services.run_simulation import RunSimulation
from app.services.shadow_twin import ReadShadowTwin
from app.services.tick import Tick
from app.services.trading_loop import TradingLoop
from app.services.watch_health import WatchHealth


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that the API can do."""

    open_position: OpenPosition
    manage_position: ManagePosition
    corporate_actions: CorporateActions
    read_position: ReadPosition
    evaluate: Evaluate
    ladder: ReadLadder
    tick: Tick
    carrying: CarryOrder
    loop: TradingLoop
    reconciling: Reconcile
    arming: ArmBroker
    canceling: CancelOrders
    trading: HaltTrading
    replay: ReplayDecisions
    gate_ledger: ReadGateLedger
    shadow_twin: ReadShadowTwin
    market: ReadMarket
    import_dataset: ImportDataset
    resample_dataset: ResampleDataset
    read_dataset: ReadDataset
    fetch_dataset: FetchDataset
    harvest: HarvestBars
    simulations: RunSimulation
    read_simulation: ReadSimulation
    status: ReadStatus
    health: ReadHealth
    health_watch: WatchHealth
    events: EventStream
