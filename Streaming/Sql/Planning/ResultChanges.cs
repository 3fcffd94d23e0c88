using OrleansFlow.Errors;
using OrleansFlow.Sql.Plans;
using OrleansFlow.Streaming.Sql.Statements;

namespace OrleansFlow.Streaming.Sql.Planning;

/// <summary>What an INSERT says of when results of its window go out besides the moment at which it is complete: then they are rows that change.</summary>
internal sealed class ResultChanges
{
    /// <summary>Name of the option that says how long behind its end a window takes rows.</summary>
    public const string LatenessOption = "allowed_lateness";

    /// <summary>Name of the option that says how often windows that are not complete give out what they have.</summary>
    public const string EarlyOption = "early_results_every";

    private const long EarlyMicrosMax = 86_400_000_000;

    private readonly InsertStatement _insert;

    private ResultChanges(InsertStatement insert) => _insert = insert;

    /// <summary>How long behind its end a window takes rows, in microseconds. Default 0.</summary>
    public long LatenessMicros { get; private init; }

    /// <summary>How often windows that are not complete give out what they have, in microseconds of the machine's time. Default 0: they do not.</summary>
    public long EarlyMicros { get; private init; }

    private string Option => LatenessMicros > 0 ? LatenessOption : EarlyOption;

    /// <summary>What an INSERT says.</summary>
    /// <param name="insert">The statement.</param>
    /// <param name="read">Reads an interval; 0 where it is none, or has months.</param>
    /// <returns>Null when it says nothing.</returns>
    /// <exception cref="FlowException"><c>bad_option</c>: there is no such option, or it is no interval.</exception>
    public static async Task<ResultChanges?> OfAsync(InsertStatement insert, Func<string, Task<long>> read)
    {
        if (insert.Options.Keys.FirstOrDefault(key => key is not (LatenessOption or EarlyOption or LateRows.Option)) is { } unknown)
        {
            throw new FlowException(FlowErrorCode.BadOption, $"INSERT INTO {insert.Table}: there is no option '{unknown}'; there are: {LatenessOption}, {EarlyOption}, {LateRows.Option}.");
        }

        async Task<long> MicrosAsync(string option)
        {
            if (!insert.Options.TryGetValue(option, out var text))
            {
                return 0;
            }

            return await read(text) is var micros and > 0
                ? micros
                : throw new FlowException(FlowErrorCode.BadOption, $"INSERT INTO {insert.Table}, {option} = '{text}': it is no interval above zero without months, such as '10 seconds'.");
        }

        var changes = new ResultChanges(insert) { LatenessMicros = await MicrosAsync(LatenessOption), EarlyMicros = await MicrosAsync(EarlyOption) };
        return changes.EarlyMicros > EarlyMicrosMax
            ? throw new FlowException(FlowErrorCode.BadOption, $"INSERT INTO {insert.Table}, {EarlyOption} = '{insert.Options[EarlyOption]}': it is longer than 1 day.")
            : changes.LatenessMicros + changes.EarlyMicros > 0 ? changes : null;
    }

    /// <summary>The query has to be one window, with filters and projections at most above it.</summary>
    /// <param name="plan">The query, with its views in place.</param>
    public void CheckQuery(PlanNode plan)
    {
        if (!HasWindow(plan))
        {
            throw Wrong(FlowErrorCode.BadOption, "the query groups by no window, so there is no end that its results could be before or behind. Leave the option out");
        }

        if (TimedPlans.LeafOf(plan) is not AggregateNode top || !top.Groups.Any(WindowCalls.IsWindow))
        {
            throw Wrong(FlowErrorCode.Unsupported, "a join, a function, a set or an aggregate stands over the window, and its rows change. Insert the window's rows into a table in memory with this option, and read that one in an INSERT of its own");
        }

        if (LatenessMicros > 0 && (HasWindow(top.Input) || WindowColumns.Of(TimedPlans.LeafOf(top.Input)).Count > 0))
        {
            throw Wrong(FlowErrorCode.Unsupported, "the window reads rows of another window, which come in time or not at all. Leave the option out, or group the table's rows by the longer window right away; or insert the inner window's rows into a table in memory with this option, and group those by their times without a window");
        }
    }

    /// <summary>The window has to be one that can change.</summary>
    public void CheckWindow(AggregateNode aggregate)
    {
        if (aggregate.Aggregates.FirstOrDefault(call => !WindowAggregates.IsKnown(call)) is { } other)
        {
            throw Wrong(FlowErrorCode.Unsupported, $"{other.Name}{(other.IsDistinct ? "(DISTINCT ...)" : "")} is computed once, when its window is complete, and results change only of windows of count, sum, avg, min, max, stddev, variance, bool_and, bool_or. Put it into an INSERT of its own without the option");
        }
    }

    /// <summary>A type of the query is one whose rows cannot change.</summary>
    public FlowException WrongType(NotSupportedException exception) => Wrong(FlowErrorCode.Unsupported, exception.Message.TrimEnd('.'));

    /// <summary>The table does not take rows that are taken back.</summary>
    public FlowException WrongSink() => Wrong(
        FlowErrorCode.BadInput,
        "the table takes rows that stay, and a result that goes out before its window is complete, or is corrected behind it, is taken back. Give the table format = 'debezium_json', or leave the option out");

    private static bool HasWindow(PlanNode plan) =>
        (plan is AggregateNode aggregate && aggregate.Groups.Any(WindowCalls.IsWindow)) || plan.Inputs.Any(HasWindow);

    private FlowException Wrong(FlowErrorCode code, string message) => new(code, $"INSERT INTO {_insert.Table}, {Option} = '{_insert.Options[Option]}': {message}.");
}
