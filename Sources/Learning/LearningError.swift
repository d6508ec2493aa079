import Workspace

/// Why a model could not be trained, read or used.
public enum LearningError: Error, Equatable {
    /// The settings have something wrong.
    case settings(file: String, position: TextPosition?, problem: String)
    /// The training's loss is no number any more.
    case diverged(epoch: Int)
    /// A column cannot be a feature.
    case unsuitableFeature(column: String, type: String, table: String)
    /// A column cannot be the label.
    case unsuitableLabel(column: String, reason: String, table: String)
    /// Rows of the training have no label; the first is counted from 1.
    case missingLabels(column: String, count: Int, first: Int, table: String)
    /// A weight is no number from 0; the row is counted from 1.
    case badWeight(column: String, row: Int, table: String)
    /// A row is in no group, by which rows are ranked; it is counted from 1.
    case noGroup(column: String, row: Int, table: String)
    /// Nothing is left to learn from or to judge by.
    case noRows(part: String, table: String)
    /// Nothing says which rows are to learn from.
    case noSplit(table: String)
    /// There is no table to learn from, or more than one.
    case noData(String)
    /// A file of a model is damaged, or not one.
    case malformedModel(file: String, reason: String)
    /// XGBoost is not there.
    case noTreeLibrary(reason: String)
    /// XGBoost refuses something.
    case trees(String)
    /// The command was given values that cannot be used.
    case misuse(String)
}

extension LearningError: CustomStringConvertible {
    /// One line for people: what, where, and what to do next.
    public var description: String {
        switch self {
        case .settings(let file, let position, let problem):
            "\(file)\(position.map { ":\($0)" } ?? ""): \(problem)"
        case .diverged(let epoch):
            "the loss of epoch \(epoch) is no number; lower 'optimizer.learning_rate', or scale the features"
        case .unsuitableFeature(let column, let type, let table):
            "the column '\(column)' of \(table) is \(type), which is no feature; name it under 'exclude', or make a number of "
                + "it"
        case .unsuitableLabel(let column, let reason, let table):
            "the column '\(column)' of \(table) cannot be the label: \(reason)"
        case .missingLabels(let column, let count, let first, let table):
            "\(count == 1 ? "1 row" : "\(count) rows") of \(table) to learn from or to judge by "
                + "\(count == 1 ? "has" : "have") no label in the column '\(column)', the first is row \(first); take them out"
        case .badWeight(let column, let row, let table):
            "row \(row) of \(table) has no weight of 0 or more in the column '\(column)'; give it one"
        case .noGroup(let column, let row, let table):
            "row \(row) of \(table) has no value in the column '\(column)', whose rows are ranked among each other; give it one"
        case .noRows(let part, let table):
            "\(table) has no row for the \(part); split it otherwise"
        case .noSplit(let table):
            "nothing says which rows of \(table) are to learn from; add a column 'split' with 'vintage features split', or a "
                + "'split' to the settings"
        case .noData(let text): text
        case .malformedModel(let file, let reason):
            "\(file) is no part of a model that can be used: \(reason); take another version of it, or train it again"
        case .noTreeLibrary(let reason):
            "cannot load XGBoost, which grows and reads trees: \(reason); install it, on Debian as libxgboost0"
        case .trees(let reason): "XGBoost: \(reason)"
        case .misuse(let message): message
        }
    }
}

extension LearningError: ErrorWithExitStatus {
    /// What data or a model has wrong is found; what was asked wrongly is misuse.
    public var exitStatus: ExitStatus {
        switch self {
        case .diverged, .missingLabels, .badWeight, .noGroup, .malformedModel, .trees: .found
        case .noTreeLibrary: .failed
        default: .misused
        }
    }
}
