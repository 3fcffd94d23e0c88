using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Sql.Plans;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Streaming.Sql.Planning;

/// <content>Functions of the host, and tables in memory.</content>
internal sealed partial class StreamQueries
{
    /// <summary>Places of a plan's columns that hold the window which its rows are of.</summary>
    public IReadOnlySet<int> WindowsOf(PlanNode plan) => WindowColumns.Of(Inline(plan, []));

    /// <summary>What is read from a table without a connector: what is inserted, or what its function makes of that.</summary>
    /// <param name="table">The table.</param>
    /// <param name="part">What is inserted.</param>
    /// <param name="names">Names of the query's columns, under which a function gets them.</param>
    /// <exception cref="FlowException"><c>bad_option</c>: a key is no column. <c>unsupported</c>: rows are taken back.</exception>
    public StreamPart AddFunction(StreamTable table, StreamPart part, IReadOnlyList<string> names)
    {
        if (table.Function is not { } function)
        {
            return part;
        }

        var name = table.Statement.Name;
        RefuseUpdating(part, "A function");
        var fields = part.Schema.Fields;
        var schema = new ArrowSchema([.. names.Select((column, place) => new ArrowField(column, fields[place].Type, fields[place].IsNullable)), EventTime.Field]);
        var keys = function.KeyColumns.Select(key => (uint)PlaceOf(name, names, key)).ToList();
        var named = program.AddMerge($"{name}-rows", new StreamOperatorPlan(MergeOperator.Kind, null), schema, part.Parallelism, [part]);
        var output = new ArrowSchema([.. table.Schema.Fields, EventTime.Field]);
        var parallelism = table.Parallelism ?? Parallelism;
        var plan = new StreamOperatorPlan(function.OperatorKind, function.Config);
        return function switch
        {
            { KeyColumns.Count: > 0 } => program.AddKeyed(name, plan, output, parallelism, [(named, keys)]),
            _ => program.Add(name, plan, output, parallelism, named),
        };
    }

    private static int PlaceOf(string table, IReadOnlyList<string> names, string key)
    {
        for (var i = 0; i < names.Count; i++)
        {
            if (string.Equals(names[i], key, StringComparison.OrdinalIgnoreCase))
            {
                return i;
            }
        }

        throw new FlowException(FlowErrorCode.BadOption, $"Table '{table}': the key '{key}' is no column of the query that is inserted; they are: {string.Join(", ", names)}.");
    }
}
