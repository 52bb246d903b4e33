import type { components } from "@/api/schema.gen";

type Schemas = components["schemas"];

export type Position = Schemas["PositionOut"];
export type LastPrice = Schemas["PriceOut"];
export type MarketStatus = Schemas["MarketStatusOut"];
export type Status = Schemas["StatusOut"];
/** The kill switch, and what it stops. */
export type Trading = Schemas["TradingOut"];
export type OpenPositionRequest = Schemas["PositionIn"];
/** A recorded decision: the facts, its number and the state before and after it. */
export type Decision = Schemas["DecisionOut"];
/** What was decided and on what; an evaluation, which has no effect, is just this. */
export type DecisionFacts = Omit<Evaluation, "margins">;
export type Evaluation = Schemas["EvaluationOut"];
/** The next orders around the last price. */
export type Ladder = Schemas["LadderOut"];
export type Rung = Schemas["RungOut"];
/** Why no order is proposed. */
export type Silence = Schemas["SilenceOut"];
export type Trade = Schemas["TradeOut"];
export type Order = Schemas["OrderOut"];
export type LedgerEntry = Schemas["LedgerEntryOut"];
export type Dataset = Schemas["DatasetOut"];
export type Resolution = Schemas["Resolution"];
/** A run; the curve so far is there while it is under way. */
export type Simulation = Schemas["SimulationOut"];
export type CurvePoint = Schemas["CurvePointOut"];
export type Finding = Schemas["FindingOut"];
export type DatasetChange = Schemas["ChangeOut"];
export type Fetch = Schemas["FetchOut"];
export type FetchRequest = Schemas["FetchIn"];
export type FetchRange = Schemas["FetchRangeOut"];
export type ArchivedSymbol = Schemas["ArchivedSymbolOut"];
export type SimulationRequest = Schemas["SimulationIn"];
export type SimulationResult = Schemas["ResultOut"];
export type Execution = Schemas["ExecutionOut"];
export type ExecutionRequest = Schemas["ExecutionIn"];
export type EquitySeries = Schemas["EquitySeriesOut"];
export type SimulatedTrade = Schemas["SimulatedTradeOut"];
export type StrategyInput = Schemas["StrategyIn"];
export type ProtectionsInput = Schemas["ProtectionsIn"];
