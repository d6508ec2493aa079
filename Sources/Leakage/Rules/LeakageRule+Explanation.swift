extension LeakageRule {
    /// A paragraph: what is looked at, why it matters, and what to do.
    public var explanation: String {
        switch self {
        case .futureValue:
            """
            For a sample of rows the guard goes back to the source, sorts the entity's rows itself, and asks which row or \
            window each value can come from. It reports values that can only come from rows whose event time or \
            availability time lies after the cut, which is the label's time less the view's embargo. A model trained on them \
            knows what nobody will know when it is used, so its test scores are too good and production disappoints. Join \
            again with 'vintage features join', or correct the event time and availability of the source.
            """
        case .valuePastTimeToLive:
            """
            A plain feature may be no older, from its event time to the label's time, than its view's ttl. The guard found \
            values that come from older rows only, where there should be null. Online serving drops such values, so the \
            model would be trained on what it never sees. Join again, or lengthen the ttl if older values are meant.
            """
        case .unexplainedValue:
            """
            The guard computes a sample of values from the source by its own code, and these differ; no row from the future \
            and no expired one explains them either. The source was restated after the training set was built, the \
            definitions changed, or a program altered the file. Build the training set again, or check it against the \
            revision that it was built from.
            """
        case .spineMismatch:
            """
            A join never drops, multiplies or reorders the spine's rows. Here keys, times or labels of the two differ. Dropped \
            rows are a selection that production does not have, and shifted rows give features to the wrong labels. Join again.
            """
        case .availabilityUndeclared:
            """
            Without 'availability' a row is taken to be known when its event happened. The data of this source says \
            otherwise: it has another time column that is later than the event time in most rows, or several versions of one \
            fact without a time for each; or another source over the same files says when their rows became known, and the \
            lag of this one ends before. What is known late would be used early. Declare 'availability' as that column, or \
            as a lag; 'availability: {lag: 0s}' says that rows really are known at once, and is doubted only where another \
            source says otherwise of the same files.
            """
        case .labelDerived:
            """
            The feature is made of the columns that make the label, or is read from the row of the label's own event, and \
            the definitions let that row count at the label's time. It gives the answer away. Declare when the source's rows \
            become known, set an embargo, or remove the feature. A record of earlier events is fine once their availability \
            is declared.
            """
        case .settledLater:
            """
            The feature is made of a column, or its rows are chosen by one, that has a value where an outcome has one and none \
            elsewhere: the outcome is what the label is made from, or a time after the event. So the column is written \
            together with the outcome, as the time in the air is when a flight has landed; but the source does not say when \
            each row became known, and the rows count before that. Declare 'availability' as the time at which the outcome \
            is known, or remove the feature. Only rows without values can show this.
            """
        case .windowInHorizon:
            """
            A label is settled its horizon after its time; until then nobody knows it. This feature takes values of earlier \
            labels' columns sooner: the source's lag and the view's embargo together are shorter than the horizon, or the \
            stored values can only come from a window that reaches past the label's time. Declare availability as the time at which \
            outcomes are known, or lengthen the embargo to the horizon.
            """
        case .singleFeaturePredictor:
            """
            The guard fits the label by each feature alone on the earlier 70 % of the rows and scores the later 30 %: the area \
            under the ROC curve (AUC) of a label with two values, R² of a numeric one. A feature that alone reaches the \
            threshold (AUC 0.98, R² 0.98; 'guard: {auc: …, r2: …}' changes them) is nearly always a copy or a consequence of \
            the label. Find out when the value becomes known. If it honestly is that good, waive the rule with the reason.
            """
        case .targetEncoding:
            """
            The feature equals a statistic of the training set's own labels within a category: their mean, a smoothed mean, the \
            mean without the row itself, the mean of other folds, or a running mean that takes labels not yet settled. Each \
            row's feature then contains its own or its successors' labels. Compute the statistic as a windowed aggregation over a \
            source that declares when outcomes become known.
            """
        case .duplicateRows:
            """
            A row of the test set, told by its keys and the label's time, is in the training set too, so the model is asked \
            what it was told. Remove duplicates before splitting, or split with 'vintage features split'.
            """
        case .sharedEntity:
            """
            Training and test rows are interleaved in time, and the same entities are in both. The model can recognise an \
            entity and answer from its neighbours in time. Split by time (training before test), or by groups, so that each \
            entity is on one side.
            """
        case .overlappingHorizon:
            """
            A training label whose horizon reaches a test label's period shares its outcome, so the test is not independent. \
            Purge the training rows whose interval from time to time + horizon meets a test row's, and leave an embargo \
            after it (López de Prado, Advances in Financial Machine Learning, chapter 7); 'vintage features split' does both.
            """
        case .missingFollowsLabel:
            """
            Whether the feature is null tells the label, in the earlier and in the later half of the rows. Often a column is \
            filled only once the outcome is known, such as a date of closure, or rows of one class come from another system. Find \
            out when and by whom the value is written; declare its availability, or remove the feature.
            """
        case .waiverExpired:
            """
            The waiver's last day is over, so it sets nothing aside any more. Mend what it covered, or decide anew and write a \
            new date.
            """
        case .waiverUnused:
            """
            The waiver covers nothing that was found. Remove it, so that it does not hide a leak that comes later. A waiver for \
            a rule about values is only judged where values were looked at.
            """
        }
    }
}
