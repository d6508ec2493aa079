import Features

/// Which columns of a view's source a label is made from.
struct LabelLineage {
    /// The columns of the data that give the label away.
    let columns: Set<String>
    /// Whether the source is the spine itself, so that its rows are labels.
    let isSpine: Bool

    /// Compares a label with the source of a view; `nil` if the label is not made from its files.
    ///
    /// A second source over the files that the label is made from has the label's columns too, whatever it says of them.
    init?(_ plan: ServicePlan, _ label: Label, _ view: ViewPlan) {
        let source = view.source
        isSpine = label.spine.map { $0.text == source.path.text } ?? false
        let origin = plan.relatedSources.first { $0.name == label.source }
        guard isSpine || label.source == source.name || origin?.hasRowsAlike(source) ?? false else { return nil }
        let described = isSpine ? source : origin ?? source
        let read = isSpine ? [label.column] : (label.value?.columns ?? [label.column])
        // The columns that name a row and its time are known beforehand.
        let names = Set(source.columnsOfData(for: [source.eventTime] + view.keys.map(\.sourceColumn)))
            .union(described.columnsOfData(for: label.event.map(\.source))).union(isSpine ? [label.time] : [])
        columns = Set(described.columnsOfData(for: read)).subtracting(names)
    }

    /// The label's columns from which a feature is made, or by which its rows are chosen; sorted.
    func shared(with column: ViewPlan.Column, of view: ViewPlan) -> [String] {
        view.columnsOfData(for: column).filter { columns.contains($0) }
    }
}

extension ViewPlan {
    /// The columns of the data from which a feature is made, or by which its rows are chosen; sorted.
    func columnsOfData(for column: Column) -> [String] {
        let read =
            (column.value.expression?.columns ?? []) + (column.filter?.columns ?? []) + (view.filter?.columns ?? [])
            + (source.filter?.columns ?? [])
        return source.columnsOfData(for: read)
    }
}

extension FeatureSource {
    /// The column that says when each row was known, where one does.
    var availabilityColumn: String? {
        availability?.column.flatMap { $0 == eventTime ? nil : $0 }
    }

    /// Whether another source reads the same files and its rows count from the same time, as far as definitions tell.
    ///
    /// A source whose event is that its rows became known, by the other's word, has other rows, which are known at once.
    func hasRowsAlike(_ other: FeatureSource) -> Bool {
        guard path.overlaps(other.path) else { return false }
        let time = other.columnsOfData(for: [other.eventTime])
        if let column = availabilityColumn { return !Set(columnsOfData(for: [column])).isSubset(of: time) }
        return time == columnsOfData(for: [eventTime])
    }
}
