import PointInTime

/// An aggregation as the engine takes it.
typealias EngineAggregation = Aggregation
