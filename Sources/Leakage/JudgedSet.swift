import Features

import struct Workspace.TimeSpan

/// A training set to judge, and what it was made of.
public struct JudgedSet: Sendable {
    /// How rows are told into training and test.
    public enum Split: Sendable {
        /// A column whose values are `train` and names of test sets, such as `test` or `validation`; rows with none, or
        /// with `purged` or `embargo`, are in neither.
        case column(String)
        /// The table holds the training rows, and another the test rows.
        case test(GuardTable)
    }

    /// What was asked for.
    public var plan: ServicePlan
    /// The rows: the spine's columns and the service's.
    public var table: GuardTable
    /// The spine, if its rows are to be compared.
    public var spine: GuardTable?
    /// The rows of each source by its name, in the order in which the join took them. A source that is not there is
    /// noted, and what is made of it is not recomputed.
    public var sources: [String: GuardTable]
    /// How rows are told into training and test.
    public var split: Split?
    /// The column of each row's time; `nil` for the label's.
    public var time: String?
    /// The least gap that the join kept, where it is longer than a view's own.
    public var embargo: TimeSpan?

    /// The column of each row's time.
    var timeColumn: String? { time ?? plan.label?.time }

    /// Puts a training set and its inputs together.
    public init(
        plan: ServicePlan, table: GuardTable, spine: GuardTable? = nil, sources: [String: GuardTable] = [:],
        split: Split? = nil, time: String? = nil, embargo: TimeSpan? = nil
    ) {
        self.plan = plan
        self.table = table
        self.spine = spine
        self.sources = sources
        self.split = split
        self.time = time
        self.embargo = embargo
    }
}
