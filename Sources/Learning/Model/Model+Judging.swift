import TextFormats

extension Model {
    /// How its predictions are judged.
    package var judgedKind: JudgedRows.Kind { loss == .ndcg ? .scores : coding.kind }

    /// Which rows it ranks among each other, as its settings have it; `nil` if none.
    package var ranking: Ranking? {
        guard let group = settings["group"].string else { return nil }
        return Ranking(group: group, cutoff: settings["cutoff"].count.map { max(1, Int(clamping: $0)) } ?? 10)
    }
}
