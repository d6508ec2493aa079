/// How an ensemble of trees is grown.
public struct TreeSettings: Sendable, Equatable {
    /// How many rounds there are; each adds a tree, or one for each class.
    public var rounds = 200
    /// How much of a tree's answer counts.
    public var learningRate = 0.1
    /// How many questions a tree asks at most, one after another.
    public var depth = 6
    /// How much the rows of a leaf weigh at least, by the loss's second derivatives.
    public var minimumWeight = 1.0
    /// The share of rows that a tree is grown from.
    public var rowShare = 1.0
    /// The share of columns that a tree is grown from.
    public var columnShare = 1.0
    /// How much leaves are pulled towards 0, by their squares.
    public var ridge = 1.0
    /// How much leaves are pulled towards 0, by their sizes.
    public var lasso = 0.0
    /// How much a question has to gain at least.
    public var minimumGain = 0.0
    /// Into how many bins a column's values are put.
    public var bins = 256

    /// The settings where nothing is said.
    public init() {}
}

extension TreeSettings {
    /// As XGBoost takes them.
    ///
    /// - Parameter classes: how many outputs there are.
    func parameters(_ loss: Loss, outputs: Int, seed: UInt64, threads: Int) throws(LearningError) -> [(String, String)]
    {
        let (objective, metric): (String, String)
        switch loss {
        case .squaredError: (objective, metric) = ("reg:squarederror", "rmse")
        case .absoluteError: (objective, metric) = ("reg:absoluteerror", "mae")
        case .huber: (objective, metric) = ("reg:pseudohubererror", "mphe")
        case .poisson: (objective, metric) = ("count:poisson", "poisson-nloglik")
        case .logistic: (objective, metric) = ("binary:logistic", "logloss")
        case .softmax: (objective, metric) = ("multi:softprob", "mlogloss")
        case .focal: throw .misuse("the loss 'focal' does not go with the model 'trees'; use 'logistic'")
        }
        var parameters = [
            ("booster", "gbtree"), ("tree_method", "hist"), ("objective", objective), ("eval_metric", metric),
            ("eta", "\(learningRate)"), ("max_depth", "\(depth)"), ("min_child_weight", "\(minimumWeight)"),
            ("subsample", "\(rowShare)"), ("colsample_bytree", "\(columnShare)"), ("lambda", "\(ridge)"),
            ("alpha", "\(lasso)"), ("gamma", "\(minimumGain)"), ("max_bin", "\(bins)"),
            ("seed", "\(seed & 0x7fff_ffff)"), ("seed_per_iteration", "1"), ("nthread", "\(threads)"),
        ]
        if outputs > 1 { parameters.append(("num_class", "\(outputs)")) }
        return parameters
    }
}
