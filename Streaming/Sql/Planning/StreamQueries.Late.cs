using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;
using OrleansFlow.Streaming.Sql.Execution;

namespace OrleansFlow.Streaming.Sql.Planning;

/// <content>Rows that a window leaves out.</content>
internal sealed partial class StreamQueries
{
    /// <summary>Where late rows of the query that is planned go; null: they are only counted.</summary>
    public LateRows? Late { get; set; }

    /// <summary>Those of the window's late rows.</summary>
    /// <param name="late">What they are.</param>
    /// <param name="table">The table that they go to, with its columns.</param>
    /// <param name="cancellationToken">Stops planning.</param>
    public async Task<StreamPart> FitLateAsync(LateRows late, StreamTable table, CancellationToken cancellationToken)
    {
        var rows = late.Rows;
        ValueList<SqlType> types = [.. LateRows.Targets(table).Select(column => new SqlType(column.Type))];
        if (late.Types.Select(type => type.ToString()).SequenceEqual(types.Select(type => type.ToString()), StringComparer.Ordinal))
        {
            return rows;
        }

        var input = Rows(late.Types, isUpdating: false);
        var values = types.Select((type, place) => (ScalarExpression)new CastExpression(new ColumnReference(place, late.Types[place]), IsTry: false, type));
        var plan = new ProjectNode(input, [.. values, new ColumnReference(late.Types.Count, TimedPlans.TimeType)]);
        var config = new SqlConfig { Sql = Render(plan) };
        return program.Add($"{table.Statement.Name}-late", new StreamOperatorPlan(SqlOperator.Kind, config), await SchemaAsync(types, isUpdating: false, cancellationToken), rows.Parallelism, rows);
    }

    /// <summary>What a window reads, with the columns of its late rows behind those that it needs.</summary>
    /// <param name="input">The rows that it is over.</param>
    /// <param name="rows">Those with the columns that it needs.</param>
    /// <param name="config">Gets the places of the late rows' columns.</param>
    /// <returns>No late rows: none are wanted, or none can be late, since they come from a window.</returns>
    private (LateRows? Late, PlanNode Rows) WithLate(PlanNode input, ProjectNode rows, WindowConfig config)
    {
        var leaf = TimedPlans.LeafOf(input);
        if (Late is null || WindowColumns.Of(leaf).Count > 0)
        {
            return (null, rows);
        }

        var scan = Late.Widen(leaf, tables);
        var count = Late.Types.Count;
        config.LateColumns.AddRange(Enumerable.Range(rows.Types.Count, count).Select(place => (uint)place));
        return (Late, TimedPlans.Over(rows, scan, count));
    }
}
