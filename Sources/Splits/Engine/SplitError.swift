import Workspace

/// Why rows could not be split or sampled.
public enum SplitError: Error, Equatable {
    /// A fraction is not a decimal number above zero.
    case badFraction(String)
    /// The fractions of the parts do not make a whole.
    case fractionsDoNotAddUp(String)
    /// There are neither two parts nor three.
    case badPartCount(Int)
    /// There are not enough rows, groups or moments for the parts.
    case tooFew(String, found: Int, needed: Int)
    /// The borders in time are not one after another.
    case bordersOutOfOrder
    /// No row lies between two borders; parts are numbered from 0.
    case emptyBlock(Int, of: Int)
    /// A part has no rows, or none that may stay.
    case nothingLeft(String)
    /// Every row outside a fold, numbered from 1, is purged, embargoed or shared.
    case nothingToLearn(fold: Int)
    /// Almost every row has a stratum of its own.
    case tooManyStrata(Int, rows: Int)
    /// A sample is to have more rows than there are.
    case sampleTooLarge(asked: Int, rows: Int)
    /// The table has no rows.
    case noRows(table: String)
    /// A method needs an option that is not given.
    case missing(option: String, method: String)
    /// An option has no meaning with a method; what to do instead.
    case doesNotFit(option: String, method: String, instead: String)
    /// A column of times has another type.
    case notATime(column: String, type: String)
    /// Rows have no time; the first of them is numbered from 1.
    case missingTimes(column: String, count: Int, first: Int)
    /// A column does not say which rows are negatives.
    case unclearLabel(column: String, type: String)
    /// Rows have no label; the first of them is numbered from 1.
    case missingLabels(column: String, count: Int, first: Int)
    /// The label has no row of a kind.
    case noRowsOf(kind: String, column: String)
    /// The table has a column of the name that is to be added.
    case columnExists(String, table: String)
    /// A column is named, but no table is written that could get it.
    case columnWithoutTable
    /// A sample is to be written to what is no table.
    case notATable(String)
    /// What would be written is there.
    case outputExists(String)
    /// A folder holds files that no split wrote.
    case foreignFile(String, folder: String)
}

extension SplitError: CustomStringConvertible {
    /// One line for people: what, where, and what to do next.
    public var description: String {
        switch self {
        case .badFraction(let text):
            "'\(text)' is no fraction; write decimal numbers above 0 with at most nine digits, such as 0.8,0.2"
        case .fractionsDoNotAddUp(let sum): "the fractions add up to \(sum), not to 1"
        case .badPartCount(let count):
            "\(count == 1 ? "1 fraction does" : "\(count) fractions do") not make a split; give two (train,test), three "
                + "(train,validation,test), or --folds"
        case .tooFew(let what, let found, let needed):
            "there are \(found) \(what), too few for \(needed) parts; ask for fewer parts"
        case .bordersOutOfOrder: "the test has to begin after the validation; set --test-from to a later date"
        case .emptyBlock(let number, let count):
            "no row lies in the time of the \(RowRole.parts(count)[number].name) part; move the dates into the table's time"
        case .nothingLeft(let part):
            "no row is left for \(part); choose other fractions or dates, a shorter --horizon or --embargo, or fewer parts"
        case .nothingToLearn(let fold):
            "no row is left to learn from when fold \(fold) judges; choose a shorter --horizon or --embargo, or other "
                + "groups"
        case .tooManyStrata(let strata, let rows):
            "there are \(strata) strata in \(rows) rows; stratify by columns with few values"
        case .sampleTooLarge(let asked, let rows):
            "a sample of \(asked) rows cannot be taken out of \(rows); ask for fewer"
        case .noRows(let table): "\(table) has no rows"
        case .missing(let option, let method): "'--by \(method)' needs \(option)"
        case .doesNotFit(let option, let method, let instead):
            "\(option) has no meaning with '--by \(method)'; \(instead)"
        case .notATime(let column, let type):
            "the column '\(column)' is \(type), not a time; name a column of timestamps or dates, or declare it with --type "
                + "where the table is CSV"
        case .missingTimes(let column, let count, let first):
            "\(count == 1 ? "1 row has" : "\(count) rows have") no time in column '\(column)', the first is row \(first); "
                + "remove or repair them"
        case .unclearLabel(let column, let type):
            "the column '\(column)' is \(type), which does not say what a negative is; name its value with --negative"
        case .missingLabels(let column, let count, let first):
            "\(count == 1 ? "1 row has" : "\(count) rows have") no label in column '\(column)', the first is row \(first); "
                + "remove or repair them"
        case .noRowsOf(let kind, let column): "no row of column '\(column)' is \(kind)"
        case .columnExists(let column, let table):
            "\(table) has a column '\(column)' already; choose another name with --column or --weight"
        case .columnWithoutTable:
            "--column names a column of the table that is written; name one with -o, such as split.parquet"
        case .notATable(let path): "a sample is one table; name a .parquet, .csv or .tsv file instead of \(path)"
        case .outputExists(let path): "\(path) is there already; choose another, or replace it with --force"
        case .foreignFile(let file, let folder):
            "\(folder) holds '\(file)', which no split wrote; move it away, or choose another folder"
        }
    }
}

extension SplitError: ErrorWithExitStatus {
    /// What is wrong with the table's rows is told from wrong use.
    public var exitStatus: ExitStatus {
        switch self {
        case .missingTimes, .missingLabels, .noRows: .found
        default: .misused
        }
    }
}
