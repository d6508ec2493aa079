import ObjectStore
import Splits
import TextFormats
import Workspace

/// What kind of model is trained.
public enum ModelKind: String, Sendable, CaseIterable {
    /// A weighted sum of the features, for a number.
    case linear
    /// A weighted sum of the features, for classes.
    case logistic
    /// A multilayer perceptron.
    case mlp
    /// Gradient-boosted trees.
    case trees
}

/// What `vintage train` is told by a file of settings.
///
///     let configuration = try TrainingConfiguration(parsing: bytes, file: "train.yaml")
public struct TrainingConfiguration: Sendable {
    /// How much the rows of a class count.
    public enum ClassWeights: Sendable, Equatable {
        /// All alike.
        case none
        /// So that each class counts as much as another.
        case balanced
        /// As told, 1 for a class that is not named.
        case given([String: Double])
    }

    /// Which rows are to learn from.
    public enum Split: Sendable {
        /// What a column says: `train`, `validation`, `test`, or anything else for rows that are left out.
        case column(String)
        /// A split as `vintage features split` makes it.
        case request(SplitRequest)
    }

    /// The kind of model.
    public var model = ModelKind.mlp
    /// The column that is predicted.
    public var label = ""
    /// Of two classes the one whose probability is predicted.
    public var positive: String?
    /// The columns that go in; by default all that can but ``exclude`` and those with another purpose.
    public var features: [String]?
    /// Columns that do not go in.
    public var exclude: [String] = []
    /// Columns that are taken as categories, beside those of texts.
    public var categorical: [String] = []
    /// The column that says how much a row counts.
    public var weight: String?
    /// Which rows are ranked among each other; `nil` if none are.
    public var ranking: Ranking?
    /// Which rows are to learn from; by default what the column `split` says.
    public var split: Split?
    /// What is made small; by default what goes with the label.
    public var loss: Loss?
    /// The widths of the perceptron's hidden layers.
    public var hidden = [128, 64]
    /// What follows a hidden layer.
    public var activation = Activation.relu
    /// How many weights a category's value has; by default the fourth root of how many values there are, times four,
    /// at most 32.
    public var dimension: Int?
    /// How numbers and categories are brought into form.
    public var preprocessing = PreprocessingSettings()
    /// How the weights are found.
    public var trainer = TrainerSettings(loss: .squaredError)
    /// How trees are grown.
    public var trees = TreeSettings()
    /// How much the rows of a class count.
    public var classWeights = ClassWeights.none
    /// The columns by whose values the model is judged too.
    public var slices: [String] = []
    /// How many resamples the intervals of the metrics are drawn from.
    public var resamples = 200

    /// The settings as they stand, for the record; equal settings have equal records, however they were written.
    package private(set) var record = JSONObject()

    /// What tells settings apart.
    public var digest: ObjectID { ObjectID(of: Array(JSON.object(record).line.utf8)) }
}

extension TrainingConfiguration {
    private static let keys = [
        "model", "label", "positive", "features", "exclude", "categorical", "weight", "split", "loss", "hidden",
        "activation", "dropout", "embedding", "impute", "scale", "indicators", "optimizer", "batch_size", "epochs",
        "early_stopping", "class_weights", "seed", "slices", "bootstrap", "trees", "group", "cutoff",
    ]

    /// Reads a file of settings.
    ///
    /// - Parameters:
    ///   - file: what messages call it.
    ///   - seed: what chance begins with, whatever the file says.
    /// - Throws: ``LearningError/settings(file:position:problem:)``.
    public init(parsing bytes: [UInt8], file: String, seed: UInt64? = nil) throws {
        let top = try SettingsMapping(bytes, file: file, keys: Self.keys)
        guard let label = try top.text("label", "the name of a column") else {
            throw top.failure(nil, "the settings need the key 'label', the column that is predicted")
        }
        self.label = label
        model = try top.choice("model", ModelKind.self) ?? model
        positive = try top.text("positive", "a class")
        features = try top.list("features", "a list of columns")
        exclude = try top.list("exclude", "a list of columns") ?? []
        categorical = try top.list("categorical", "a list of columns") ?? []
        weight = try top.text("weight", "the name of a column")
        slices = try top.list("slices", "a list of columns") ?? []
        resamples = try top.integer("bootstrap", in: 0...100_000) ?? resamples
        loss = try top.choice("loss", Loss.self)
        if let loss, model == .linear || model == .logistic, loss.isForClasses != (model == .logistic) {
            let kind = loss.isForClasses ? "classes" : "numbers"
            throw top.failure(
                "loss", "the loss '\(loss.rawValue)' is for \(kind), not for the model '\(model.rawValue)'")
        }
        try readRanking(top)
        try readSplit(top)
        try readShape(top)
        try readPreprocessing(top)
        try readTrainer(top)
        try readTrees(top)
        try readClassWeights(top)
        if let seed {
            trainer.seed = seed
        } else if let number = try top.integer("seed", in: 0...Int.max) {
            trainer.seed = UInt64(number)
        }
        record = describe()
    }

    private mutating func readRanking(_ top: SettingsMapping) throws {
        let cutoff = try top.integer("cutoff", in: 1...100_000)
        if let group = try top.text("group", "the name of a column") {
            ranking = Ranking(group: group)
            ranking?.cutoff = cutoff ?? 10
            // Sums of trees rank as they are; what they would have to be to rank well, the other losses do not know.
            if model == .trees, loss == nil { loss = .ndcg }
        } else if cutoff != nil {
            throw top.failure("cutoff", "'cutoff' goes with 'group', the column whose rows are ranked among each other")
        }
        guard loss == .ndcg else { return }
        if model != .trees {
            throw top.failure("loss", "the loss 'ndcg' goes with the model 'trees', not with '\(model.rawValue)'")
        }
        if ranking == nil {
            throw top.failure(
                "loss", "the loss 'ndcg' needs the key 'group', the column whose rows are ranked among each other")
        }
        for key in ["weight", "class_weights", "positive"] where top.has(key) {
            throw top.failure(key, "'\(key)' does not go with the loss 'ndcg', for which each group counts once")
        }
    }

    private mutating func readSplit(_ top: SettingsMapping) throws {
        let keys = [
            "column", "by", "time", "fractions", "test_from", "validation_from", "horizon", "embargo", "group",
            "stratify", "seed",
        ]
        guard let mapping = try top.mapping("split", keys: keys) else { return }
        if let column = try mapping.text("column", "the name of a column") {
            if let other = keys.dropFirst().first(where: mapping.has) {
                throw mapping.failure(other, "'\(other)' cannot stand beside 'column'; keep one of them")
            }
            split = .column(column)
            return
        }
        var request = SplitRequest(try mapping.choice("by", SplitMethod.self) ?? .time)
        if request.method == .kfold {
            throw mapping.failure("by", "a model is trained on one split; 'kfold' makes several")
        }
        func span(_ key: String) throws -> TimeSpan? {
            guard let text = try mapping.text(key, "a span of time, as 24h or 7d") else { return nil }
            if let span = TimeSpan(parsing: text) { return span }
            throw mapping.failure(key, "'\(key)' must be a span of time, as 24h or 7d, not '\(text)'")
        }
        func moment(_ key: String) throws -> Timestamp? {
            guard let text = try mapping.text(key, "a date") else { return nil }
            do {
                return try Timestamp(parsing: text)
            } catch {
                throw mapping.failure(key, "'\(key)' must be a date, not '\(text)'")
            }
        }
        request.time = try mapping.text("time", "the name of a column")
        request.fractions = try mapping.list("fractions", "a list of fractions, as [0.7, 0.1, 0.2]", repeats: true)
        request.testFrom = try moment("test_from")
        request.validationFrom = try moment("validation_from")
        request.horizon = try span("horizon") ?? request.horizon
        request.embargo = try span("embargo") ?? request.embargo
        request.group = try mapping.list("group", "a list of columns") ?? []
        request.stratify = try mapping.list("stratify", "a list of columns") ?? []
        request.seed = UInt64(try mapping.integer("seed", in: 0...Int.max) ?? 0)
        do {
            try request.validate()
        } catch {
            throw top.failure("split", "\(error)")
        }
        split = .request(request)
    }

    private mutating func readShape(_ top: SettingsMapping) throws {
        for key in ["hidden", "activation", "dropout"] where top.has(key) && model != .mlp {
            throw top.failure(key, "'\(key)' goes with the model 'mlp', not with '\(model.rawValue)'")
        }
        if let widths = try top.list("hidden", "a list of widths, as [128, 64]", repeats: true) {
            hidden = try widths.map { text in
                guard let width = Int(text), (1...65_536).contains(width) else {
                    throw top.failure(
                        "hidden", "a width of 'hidden' must be a whole number from 1 to 65536, not '\(text)'")
                }
                return width
            }
            if hidden.isEmpty {
                throw top.failure(
                    "hidden", "'hidden' is empty; a model without hidden layers is 'linear' or 'logistic'")
            }
        }
        if model != .mlp { hidden = [] }
        activation = try top.choice("activation", Activation.self) ?? activation
        if let table = try top.mapping("embedding", keys: ["dimension", "minimum_count", "maximum_size"]) {
            if model != .mlp, table.has("dimension") {
                throw table.failure(
                    "dimension", "'dimension' goes with the model 'mlp'; a linear model has one weight a value")
            }
            dimension = try table.integer("dimension", in: 1...4096)
            preprocessing.minimumCount =
                try table.integer("minimum_count", in: 1...Int.max) ?? preprocessing.minimumCount
            preprocessing.maximumSize =
                try table.integer("maximum_size", in: 1...10_000_000) ?? preprocessing.maximumSize
        }
    }

    private mutating func readPreprocessing(_ top: SettingsMapping) throws {
        preprocessing.imputation =
            try top.choice("impute", PreprocessingSettings.Imputation.self) ?? preprocessing.imputation
        preprocessing.scaling = try top.choice("scale", PreprocessingSettings.Scaling.self) ?? preprocessing.scaling
        preprocessing.hasIndicators = try top.flag("indicators") ?? preprocessing.hasIndicators
    }

    private mutating func readTrainer(_ top: SettingsMapping) throws {
        trainer.epochs = try top.integer("epochs", in: 1...1_000_000) ?? trainer.epochs
        trainer.batchSize = try top.integer("batch_size", in: 1...1_048_576) ?? trainer.batchSize
        trainer.dropout = try top.number("dropout", "a number from 0, below 1") { $0 >= 0 && $0 < 1 } ?? 0
        if let stopping = try top.mapping("early_stopping", keys: ["patience", "minimum_gain"]) {
            trainer.patience = try stopping.integer("patience", in: 1...1_000_000) ?? 3
            trainer.minimumGain = try stopping.number("minimum_gain", "a number from 0") { $0 >= 0 } ?? 0
        }
        let keys = ["name", "learning_rate", "momentum", "beta1", "beta2", "epsilon", "weight_decay", "schedule"]
        guard let mapping = try top.mapping("optimizer", keys: keys) else { return }
        var settings = trainer.optimizer
        settings.rule = try mapping.choice("name", OptimizerSettings.Rule.self) ?? settings.rule
        for (key, rule) in [
            ("momentum", OptimizerSettings.Rule.sgd), ("beta1", .adam), ("beta2", .adam), ("epsilon", .adam),
        ]
        where mapping.has(key) && settings.rule != rule {
            throw mapping.failure(key, "'\(key)' goes with '\(rule.rawValue)', not with '\(settings.rule.rawValue)'")
        }
        if settings.rule == .sgd { settings.learningRate = 0.01 }
        func share(_ key: String, _ standard: Double) throws -> Double {
            try mapping.number(key, "a number from 0, below 1") { $0 >= 0 && $0 < 1 } ?? standard
        }
        settings.learningRate =
            try mapping.number("learning_rate", "a number above 0") { $0 > 0 } ?? settings.learningRate
        settings.momentum = try share("momentum", settings.momentum)
        settings.beta1 = try share("beta1", settings.beta1)
        settings.beta2 = try share("beta2", settings.beta2)
        settings.epsilon = try mapping.number("epsilon", "a number above 0") { $0 > 0 } ?? settings.epsilon
        settings.weightDecay = try mapping.number("weight_decay", "a number from 0") { $0 >= 0 } ?? 0
        if let course = try mapping.mapping("schedule", keys: ["name", "warmup", "floor", "factor", "every"]) {
            settings.schedule.course = try course.choice("name", Schedule.Course.self) ?? .constant
            settings.schedule.warmup = try course.integer("warmup", in: 0...Int(Int32.max)) ?? 0
            settings.schedule.floor = try course.number("floor", "a number from 0 to 1") { $0 >= 0 && $0 <= 1 } ?? 0
            settings.schedule.factor =
                try course.number("factor", "a number above 0, below 1") { $0 > 0 && $0 < 1 } ?? 0.1
            settings.schedule.every = try course.integer("every", in: 1...1_000_000) ?? 10
        }
        trainer.optimizer = settings
    }

    private mutating func readTrees(_ top: SettingsMapping) throws {
        guard model == .trees else {
            if top.has("trees") {
                throw top.failure("trees", "'trees' goes with the model 'trees', not with '\(model.rawValue)'")
            }
            return
        }
        for key in ["impute", "scale", "indicators", "optimizer", "batch_size", "epochs"] where top.has(key) {
            throw top.failure(key, "'\(key)' does not go with the model 'trees'; 'trees' says how they are grown")
        }
        preprocessing.keepsNumbers = true
        let keys = [
            "rounds", "learning_rate", "depth", "minimum_weight", "row_share", "column_share", "ridge", "lasso",
            "minimum_gain", "bins",
        ]
        guard let mapping = try top.mapping("trees", keys: keys) else { return }
        func share(_ key: String) throws -> Double {
            try mapping.number(key, "a number above 0, at most 1") { $0 > 0 && $0 <= 1 } ?? 1
        }
        func size(_ key: String, _ standard: Double) throws -> Double {
            try mapping.number(key, "a number from 0") { $0 >= 0 } ?? standard
        }
        trees.rounds = try mapping.integer("rounds", in: 1...1_000_000) ?? trees.rounds
        trees.learningRate =
            try mapping.number("learning_rate", "a number above 0, at most 1") { $0 > 0 && $0 <= 1 }
            ?? trees.learningRate
        trees.depth = try mapping.integer("depth", in: 1...30) ?? trees.depth
        trees.minimumWeight = try size("minimum_weight", trees.minimumWeight)
        trees.rowShare = try share("row_share")
        trees.columnShare = try share("column_share")
        trees.ridge = try size("ridge", trees.ridge)
        trees.lasso = try size("lasso", trees.lasso)
        trees.minimumGain = try size("minimum_gain", trees.minimumGain)
        trees.bins = try mapping.integer("bins", in: 2...65_536) ?? trees.bins
    }

    private mutating func readClassWeights(_ top: SettingsMapping) throws {
        let expected = "balanced, or classes with a number above 0 each"
        if let given = try top.numbers("class_weights", expected) {
            classWeights = .given(Dictionary(given.map { ($0.name, $0.number) }) { $1 })
        } else if let text = try top.text("class_weights", expected) {
            guard text == "balanced" else {
                throw top.failure("class_weights", "'class_weights' must be \(expected), not '\(text)'")
            }
            classWeights = .balanced
        }
    }
}
