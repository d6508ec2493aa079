import enum Checks.CheckSeverity

/// A way in which a training set can know more than was known at its labels' times.
///
/// The raw value is the stable name that reports, waivers and `vintage features explain` use.
public enum LeakageRule: String, Sendable, Hashable, CaseIterable {
    /// A value comes from a row that had not happened, or was not known, at the cut.
    case futureValue = "future-value"
    /// A value comes from a row that is older than the view's TTL.
    case valuePastTimeToLive = "value-past-ttl"
    /// A value is not what the definitions make of the source.
    case unexplainedValue = "unexplained-value"
    /// The training set's rows are not the spine's.
    case spineMismatch = "spine-mismatch"
    /// A source does not say when its rows became known, and its data shows a delay.
    case availabilityUndeclared = "availability-undeclared"
    /// A feature is made of the label's own column or event.
    case labelDerived = "label-derived"
    /// A feature is made of a column that is filled only once an outcome is known.
    case settledLater = "settled-later"
    /// A feature takes labels' values before they are settled.
    case windowInHorizon = "window-in-horizon"
    /// One feature alone tells the label.
    case singleFeaturePredictor = "single-feature-predictor"
    /// A feature is a statistic of the labels it is joined to.
    case targetEncoding = "target-encoding"
    /// Training and test share rows.
    case duplicateRows = "duplicate-rows"
    /// Training and test share entities although they share their time too.
    case sharedEntity = "shared-entity"
    /// A training label is settled only after a test label's time.
    case overlappingHorizon = "overlapping-horizon"
    /// Whether a feature has a value tells the label.
    case missingFollowsLabel = "missing-follows-label"
    /// A waiver's last day is over.
    case waiverExpired = "waiver-expired"
    /// A waiver that nothing needed.
    case waiverUnused = "waiver-unused"

    /// How much its findings matter, unless one says otherwise.
    public var severity: CheckSeverity {
        switch self {
        case .waiverUnused, .availabilityUndeclared: .warning
        default: .error
        }
    }

    /// Whether a waiver can set its findings aside.
    public var canBeWaived: Bool { self != .waiverExpired && self != .waiverUnused }

    /// What holds when nothing is found, as a sentence without its full stop.
    public var title: String {
        switch self {
        case .futureValue: "No value comes from a row that was not known at the cut"
        case .valuePastTimeToLive: "No value is older than its view's TTL"
        case .unexplainedValue: "Each value is what the definitions make of the source"
        case .spineMismatch: "The training set has the spine's rows, each once and in order"
        case .availabilityUndeclared: "Sources whose data shows a delay say when rows became known"
        case .labelDerived: "No feature is made of the label's own column or event"
        case .settledLater: "No feature is made of a column that is filled later than its rows count"
        case .windowInHorizon: "No feature uses labels before they are settled"
        case .singleFeaturePredictor: "No feature alone tells the label"
        case .targetEncoding: "No feature is a statistic of the labels it is joined to"
        case .duplicateRows: "Training and test have no row in common"
        case .sharedEntity: "Training and test share no entity while they share their time"
        case .overlappingHorizon: "Training labels are settled before test labels' times"
        case .missingFollowsLabel: "Whether a feature has a value does not tell the label"
        case .waiverExpired: "No waiver is past its last day"
        case .waiverUnused: "Each waiver is needed"
        }
    }
}
