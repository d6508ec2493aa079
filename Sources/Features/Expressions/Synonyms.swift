import func Workspace.nearestName

/// What other languages call a function or a type of expressions, so that a message can name the right one.
enum Synonyms {
    private static let names = [
        "average": "mean", "avg": "mean", "std": "stddev", "stdev": "stddev", "stddev_samp": "stddev",
        "nunique": "count_distinct", "approx_count_distinct": "count_distinct", "percentile": "quantile",
        "ifnull": "coalesce", "nvl": "coalesce", "fillna": "coalesce", "iff": "if", "len": "length",
        "char_length": "length", "substr": "substring", "strip": "trim", "ceiling": "ceil", "pow": "power", "log": "ln",
        "date_trunc": "truncate", "dayofweek": "day_of_week", "weekday": "day_of_week", "dow": "day_of_week",
        "dayofyear": "day_of_year", "unix_timestamp": "epoch", "int": "int64", "integer": "int64", "bigint": "int64",
        "float": "float64", "double": "float64", "bool": "boolean", "text": "string", "str": "string",
        "varchar": "string", "datetime": "timestamp", "interval": "duration",
    ]

    /// The right name for a wrong one: what others call it, else the nearest.
    static func meant(by name: String, among names: [String]) -> String? {
        let word = name.lowercased()
        if let meant = Self.names[word], names.contains(meant) { return meant }
        return nearestName(to: word, among: names)
    }
}
