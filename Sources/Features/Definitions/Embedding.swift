import FileSystem

/// The vectors that a view holds, and what they were made by and of.
public struct Embedding: Sendable {
    /// The source's column of vectors.
    public let column: String
    /// How many numbers a vector has.
    public let dimension: Int
    /// The version of the model whose vectors are wanted, as it is written: an artifact, which means the version in the lock,
    /// or one with a tag or a snapshot behind `@`.
    public let model: String
    /// The artifact of the model.
    public let modelArtifact: RelativePath
    /// The source's column that says by which snapshot of the model a row's vector was made, in at least eight hexadecimal
    /// digits; `nil` if the lineage of the vectors' artifact says it.
    public let madeBy: String?
    /// Of what the vectors were made, if that is declared.
    public let text: EmbeddedText?
    /// Where it is defined.
    public let place: DefinitionPlace
    let texts: DefinitionTexts
}

/// The text that vectors were made of.
public struct EmbeddedText: Sendable {
    /// The source that holds the text, by the entity's keys.
    public let source: String
    /// The columns of the text, in the order in which they were put together.
    public let columns: [String]
    /// The column beside the vector that holds the SHA-256 of its text, in hexadecimal; `nil` if a text counts as changed
    /// when its row happened after the vector's.
    public let digest: String?
    let texts: DefinitionTexts
}

extension DefinitionReader {
    /// The embedding of a view, as it is written.
    func embedding(_ fields: DefinitionMapping, of view: String, source: String) -> Embedding? {
        guard let node = fields.node("embedding") else { return nil }
        let what = "'embedding' of the view '\(view)'"
        let place = file.place(node.mark)
        guard
            let inner = mapping(
                node, what: what, place: place, keys: ["column", "dimension", "model", "made_by", "text"],
                required: ["column", "dimension", "model"])
        else { return nil }
        let expected = "how many numbers a vector has, as 384"
        let dimension = inner.text("dimension", expected: expected).flatMap { text -> Int? in
            if let dimension = Int(text), (1...65_536).contains(dimension) { return dimension }
            inner.wrong("dimension", expected: expected)
            return nil
        }
        let text = embeddedText(inner, of: view, source: source)
        let expectedModel = "a model's artifact or a version of it, as models/minilm or models/minilm@v3"
        let madeBy = inner.text("made_by", expected: "a column")
        guard let column = inner.text("column", expected: "a column"), let dimension,
            let model = inner.text("model", expected: expectedModel)
        else { return nil }
        let parts = model.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        guard let artifact = try? RelativePath(String(parts[0])), !artifact.isRoot, parts.last?.isEmpty == false else {
            inner.wrong("model", expected: expectedModel)
            return nil
        }
        return Embedding(
            column: column, dimension: dimension, model: model, modelArtifact: artifact, madeBy: madeBy, text: text,
            place: place, texts: inner.texts)
    }

    private func embeddedText(_ fields: DefinitionMapping, of view: String, source: String) -> EmbeddedText? {
        guard let node = fields.node("text") else { return nil }
        let what = "'text' in 'embedding' of the view '\(view)'"
        guard
            let inner = mapping(
                node, what: what, place: file.place(node.mark), keys: ["source", "columns", "digest"],
                required: ["columns"])
        else { return nil }
        let own = inner.has("source") ? inner.name("source") : source
        guard let own, let columns = inner.list("columns") else { return nil }
        if own == source, !inner.has("digest") {
            // A row's text cannot be compared with itself.
            problems.add(.missingKey("digest", in: what), at: file.place(node.mark))
        }
        return EmbeddedText(
            source: own, columns: columns, digest: inner.text("digest", expected: "a column"), texts: inner.texts)
    }
}

extension Embedding {
    /// The parts by which it is told apart from others.
    var canonicalParts: [String] {
        var parts = [column, "\(dimension)", model]
        if let madeBy { parts += ["made_by", madeBy] }
        if let text {
            parts += ["text", text.source] + text.columns
            if let digest = text.digest { parts += ["digest", digest] }
        }
        return parts
    }
}

extension Definitions {
    /// What it takes to find the latest row of each of a view's entities, of any age.
    ///
    /// - Parameter source: the source whose rows are looked at, by the names of the entity's keys; by default the view's, by
    ///   its own.
    /// - Returns: a plan with one column, the event time.
    public func latestRowPlan(of view: FeatureView, source other: String? = nil) throws(UnknownDefinition) -> ViewPlan {
        let isOwn = other == nil || other == view.source
        let source = try source(other ?? view.source)
        let entity = try entity(view.entity)
        let keys = entity.keys.map { key in
            JoinKey(
                key: key.name, type: key.type, spineColumn: key.name,
                sourceColumn: isOwn ? view.sourceColumns[key.name] ?? key.name : key.name)
        }
        let rows = FeatureView(
            name: view.name, entity: view.entity, source: source.name,
            sourceColumns: isOwn ? view.sourceColumns : [:], filter: isOwn ? view.filter : nil, timeToLive: nil,
            embargo: .seconds(0), features: [], embedding: nil, description: nil, owner: nil, place: view.place,
            texts: view.texts)
        let column = ViewPlan.Column(
            name: source.eventTime, feature: source.eventTime, value: .latest(Expression(column: source.eventTime)),
            window: nil, filter: nil, groupKeys: [], texts: view.texts)
        let needed = source.ownColumns + keys.map(\.sourceColumn) + (rows.filter?.columns ?? [])
        return ViewPlan(
            view: rows, entity: entity, source: source, keys: keys, columns: [column],
            columnsOfData: source.columnsOfData(for: needed), derived: source.derivedColumns(for: needed))
    }
}
