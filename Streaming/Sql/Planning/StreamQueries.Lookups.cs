using OrleansFlow.Errors;
using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;

namespace OrleansFlow.Streaming.Sql.Planning;

/// <content>Joins with tables that are looked up.</content>
internal sealed partial class StreamQueries
{
    private async Task<(StreamPart From, PlanNode Rows)> LookUpAsync(LookupNode lookup, string name, CancellationToken cancellationToken)
    {
        var table = tables.LookupOf(lookup.Table)!;
        var count = lookup.Input.Types.Count;
        var values = lookup.Input.References();
        var computed = lookup.Keys.Where(key => key is not ColumnReference).ToList();
        var all = computed.Count == 0 ? lookup.Input : new ProjectNode(lookup.Input, [.. values, .. computed]);
        var input = await PartAsync(all, name, cancellationToken);
        if (input.IsUpdating)
        {
            throw new FlowException(
                FlowErrorCode.Unsupported, $"A lookup of '{lookup.Table}' can't handle updating left side of join: when a row is taken back, its lookup may find another row than it did. Look up before the aggregate or join, or group by a window.");
        }

        var next = (uint)count;
        var config = table.Lookup!.Config.Clone();
        config.KeyColumns.AddRange(lookup.Keys.Select(key => key is ColumnReference column ? (uint)column.Index : next++));
        ValueList<SqlType> types = [.. all.Types, .. lookup.TableTypes, SqlType.Boolean];
        var schema = await SchemaAsync(types, isUpdating: false, cancellationToken);
        var part = program.Add($"{name}-lookup", new StreamOperatorPlan(table.Lookup.Kind, config), schema, input.Parallelism, input);

        // Computed keys stand between the rows and what was found for them.
        var found = new List<int>(Enumerable.Range(0, count));
        found.AddRange(Enumerable.Range(count + computed.Count, lookup.TableTypes.Count + 2));
        return (part, ProjectNode.Select(Rows(types, isUpdating: false), found));
    }
}
