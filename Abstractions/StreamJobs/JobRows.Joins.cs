using System.Linq.Expressions;

namespace OrleansFlow.StreamJobs;

/// <content>Joins.</content>
public sealed partial class JobRows<T>
{
    private const string Left = "l";
    private const string Right = "r";

    /// <summary>
    /// Puts records of two streams together whose keys are equal, whenever they come; each waits as long as <see cref="WithStateTtl"/> says. An inner join of records that
    /// stay only adds records; the others may take some back.
    /// </summary>
    /// <param name="other">The right side.</param>
    /// <param name="leftKey">A value, or several: <c>l => new { l.A, l.B }</c>. Null is equal to nothing.</param>
    /// <param name="rightKey">As many, of the same types.</param>
    /// <param name="make">The record of a pair. Where a side may be missing, what it gives has to be read as a type that may be null: <c>(long?)r.Count</c>.</param>
    /// <param name="kind">Which records come without a match.</param>
    public JobRows<TOut> Join<TOther, TKey, TOut>(
        JobRows<TOther> other, Expression<Func<T, TKey>> leftKey, Expression<Func<TOther, TKey>> rightKey, Expression<Func<T, TOther, TOut>> make, JobJoin kind = JobJoin.Inner)
    {
        CheckArguments(other, leftKey, rightKey, make);
        return MakeJoin<TOther, TOut>("join", other, false, kind, make, label => Equal(label, other, leftKey, rightKey));
    }

    /// <summary>Puts records of two streams together whose keys are equal and whose times are near: the right one lies between the left one less <paramref name="before"/> and the left one and <paramref name="after"/>.</summary>
    /// <param name="other">The right side.</param>
    /// <param name="leftKey">A value, or several.</param>
    /// <param name="rightKey">As many, of the same types.</param>
    /// <param name="leftTime">The time of a left record.</param>
    /// <param name="rightTime">The time of a right record.</param>
    /// <param name="before">How much earlier the right one may be; less than zero: it is later by so much at least.</param>
    /// <param name="after">How much later the right one may be; at least the negative of <paramref name="before"/>.</param>
    /// <param name="make">The record of a pair.</param>
    public JobRows<TOut> JoinWithin<TOther, TKey, TOut>(
        JobRows<TOther> other,
        Expression<Func<T, TKey>> leftKey,
        Expression<Func<TOther, TKey>> rightKey,
        Expression<Func<T, DateTime>> leftTime,
        Expression<Func<TOther, DateTime>> rightTime,
        TimeSpan before,
        TimeSpan after,
        Expression<Func<T, TOther, TOut>> make)
    {
        CheckArguments(other, leftKey, rightKey, make);
        ArgumentNullException.ThrowIfNull(leftTime);
        ArgumentNullException.ThrowIfNull(rightTime);
        return MakeJoin<TOther, TOut>("interval join", other, false, JobJoin.Inner, make, label =>
        {
            if (before + after < TimeSpan.Zero)
            {
                Step.Job.Report(StreamJobProblem.BadSetting, label, $"the times lie between {-before} and {after}, which is nothing.");
            }

            var left = Try(label, () => SqlTranslator.Translate(leftTime, new RowBinding.Row(Left, Step.Columns)));
            var right = Try(label, () => SqlTranslator.Translate(rightTime, new RowBinding.Row(Right, other.Step.Columns)));
            return $"{Equal(label, other, leftKey, rightKey)} AND {right} BETWEEN {left} - {SqlText.Interval(before)} AND {left} + {SqlText.Interval(after)}";
        });
    }

    /// <summary>Puts records of two windowed streams together whose windows and keys are equal, when the window is complete.</summary>
    /// <param name="other">The right side.</param>
    /// <param name="leftKey">A value, or several.</param>
    /// <param name="rightKey">As many, of the same types.</param>
    /// <param name="make">The record of a pair.</param>
    /// <param name="kind">Which records come without a match. What comes out of a full join is not windowed.</param>
    public JobRows<TOut> JoinWindow<TOther, TKey, TOut>(
        JobRows<TOther> other, Expression<Func<T, TKey>> leftKey, Expression<Func<TOther, TKey>> rightKey, Expression<Func<T, TOther, TOut>> make, JobJoin kind = JobJoin.Inner)
    {
        CheckArguments(other, leftKey, rightKey, make);
        return MakeJoin<TOther, TOut>("window join", other, true, kind, make, label =>
        {
            RequireWindow(label);
            other.RequireWindow(label);
            return $"{Left}.\"_window\" = {Right}.\"_window\" AND {Equal(label, other, leftKey, rightKey)}";
        });
    }

    /// <summary>The records for which the other stream has one of the same key; of windowed streams of the same window.</summary>
    public JobRows<T> WhereExists<TOther, TKey>(JobRows<TOther> other, Expression<Func<T, TKey>> key, Expression<Func<TOther, TKey>> otherKey) => MakeExists(other, key, otherKey, "");

    /// <summary>The records for which the other stream has none of the same key; of windowed streams of the same window.</summary>
    public JobRows<T> WhereNotExists<TOther, TKey>(JobRows<TOther> other, Expression<Func<T, TKey>> key, Expression<Func<TOther, TKey>> otherKey) => MakeExists(other, key, otherKey, "NOT ");

    private static void CheckArguments(object? other, object? leftKey, object? rightKey, object? make)
    {
        ArgumentNullException.ThrowIfNull(other);
        ArgumentNullException.ThrowIfNull(leftKey);
        ArgumentNullException.ThrowIfNull(rightKey);
        ArgumentNullException.ThrowIfNull(make);
    }

    private JobRows<TOut> MakeJoin<TOther, TOut>(string what, JobRows<TOther> other, bool isWindowed, JobJoin kind, LambdaExpression make, Func<string, string> on)
    {
        var side = !isWindowed || kind == JobJoin.Full ? null : kind == JobJoin.Right ? Right : Left;
        return Make<TOut>(
            what,
            side is not null,
            label =>
            {
                var condition = on(label);
                var values = TryProject(label, make, new RowBinding.Row(Left, Step.Columns), new RowBinding.Row(Right, other.Step.Columns));
                var window = side is null ? "" : $"{side}.\"_window\" AS \"_window\", ";
                var join = kind == JobJoin.Inner ? "JOIN" : $"{kind.ToString().ToUpperInvariant()} JOIN";
                return inputs => $"SELECT {window}{values} FROM {inputs[0]} AS {Left} {join} {inputs[1]} AS {Right} ON {condition}";
            },
            other.Step);
    }

    private JobRows<T> MakeExists<TOther, TKey>(JobRows<TOther> other, Expression<Func<T, TKey>> key, Expression<Func<TOther, TKey>> otherKey, string not)
    {
        CheckArguments(other, key, otherKey, key);
        return Make<T>(
            not.Length == 0 ? "exists" : "not exists",
            Step.HasWindow,
            label =>
            {
                var condition = Equal(label, other, key, otherKey);
                var window = Step.HasWindow && other.Step.HasWindow ? $"{Left}.\"_window\" = {Right}.\"_window\" AND " : "";
                return inputs => $"SELECT {All(Left)} FROM {inputs[0]} AS {Left} WHERE {not}EXISTS (SELECT 1 FROM {inputs[1]} AS {Right} WHERE {window}{condition})";
            },
            other.Step);
    }

    private string Equal<TOther>(string label, JobRows<TOther> other, LambdaExpression leftKey, LambdaExpression rightKey)
    {
        var (left, right) = (TryKey(label, leftKey, Left), other.TryKey(label, rightKey, Right));
        if (left.Count != right.Count || left.Count == 0)
        {
            Step.Job.Report(StreamJobProblem.BadKey, label, FormattableString.Invariant($"the key has {left.Count} values on the left and {right.Count} on the right; both have the same ones, and one at least."));
            return "true";
        }

        return string.Join(" AND ", left.Select((part, place) => $"{part.Sql} = {right[place].Sql}"));
    }
}
