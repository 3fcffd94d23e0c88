using System.Globalization;
using OrleansFlow.Engine;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Sql.Stages;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>A stage whose rows are needed only where another one, which ends before it begins, has the same values.</summary>
/// <param name="Build">Position of the stage whose values are needed.</param>
/// <param name="BuildOutput">The output of it that the join reads.</param>
/// <param name="Probe">Position of the stage of which rows may be left out. Only one input of one stage reads it.</param>
/// <param name="Keys">Columns that must be equal.</param>
/// <param name="HasHashes">Whether both stages are dealt by the hash of just these columns, in the same order.</param>
internal sealed record DynamicFilter(int Build, int BuildOutput, int Probe, IReadOnlyList<JoinFilterKey> Keys, bool HasHashes)
{
    // A list in a text is compared one by one by the engine; a range of many is nearly as good for what it skips.
    private const int ListMax = 200;

    // Whatever infinity is in the engine's numbers, it is beyond; so are no dates of real data.
    private const long DaysMax = 1_000_000;
    private const long MicrosecondsPerDay = 86_400_000_000;

    /// <summary>All that a plan allows.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="rowCountMin">A stage that is expected to make fewer rows does not wait for another one.</param>
    public static IReadOnlyList<DynamicFilter> Of(DistributedPlan plan, long rowCountMin)
    {
        var positions = plan.Stages.Select((stage, position) => (stage.Id, position)).ToDictionary(pair => pair.Id, pair => pair.position);
        var found = new List<DynamicFilter>();
        foreach (var (stage, filter) in plan.Stages.SelectMany(stage => stage.JoinFilters.Select(filter => (stage, filter))))
        {
            var from = stage.Inputs.Single(input => input.Name == filter.From);
            var to = stage.Inputs.Single(input => input.Name == filter.To);
            var (build, probe) = (plan.Stages[positions[from.StageId]], plan.Stages[positions[to.StageId]]);
            if (build == probe || probe.IsPassThrough || probe.Outputs.Count != 1 || probe.EstimatedRowCount < rowCountMin || build.EstimatedRowCount > probe.EstimatedRowCount / 2
                || plan.Stages.Sum(reader => reader.Inputs.Count(input => input.StageId == probe.Id)) != 1)
            {
                continue;
            }

            var (made, read) = (build.Outputs[from.OutputIndex], probe.Outputs[0]);
            found.Add(new DynamicFilter(
                positions[build.Id],
                from.OutputIndex,
                positions[probe.Id],
                filter.Keys,
                from.OutputIndex == 0 && made.Kind == ExchangeKind.Shuffle && read.Kind == ExchangeKind.Shuffle && made.Keys.Count == read.Keys.Count
                    && made.Keys.Zip(read.Keys).All(pair => filter.Keys.Any(key => (key.FromColumn, key.ToColumn) == pair))));
        }

        return found;
    }

    /// <summary>What is true of every row of the probing stage that is needed, as SQL over its columns; null when nothing is known.</summary>
    /// <param name="reports">Of all tasks of the building stage.</param>
    public string? Condition(IReadOnlyList<TaskReport> reports)
    {
        var conditions = Keys.Select(key => Condition(key, [.. reports.Select(report => report.Values.FirstOrDefault(values => values.Column == key.FromColumn))])).OfType<string>().ToList();
        return conditions.Count == 0 ? null : string.Join(" AND ", conditions);
    }

    private static string? Condition(JoinFilterKey key, IReadOnlyList<ColumnValues?> tasks)
    {
        if (tasks.Any(values => values is not { IsKnown: true }))
        {
            return null;
        }

        var some = tasks.OfType<ColumnValues>().Where(values => values.Count > 0).ToList();
        if (some.Count == 0)
        {
            return "false";
        }

        var column = string.Create(CultureInfo.InvariantCulture, $"c{key.ToColumn}");
        var least = some.Select(values => Literal(key.Type, values.Min)).ToList();
        var greatest = some.Select(values => Literal(key.Type, values.Max)).ToList();
        if (least.Concat(greatest).Any(literal => literal is null))
        {
            return null;
        }

        // The engine works the constants out while it plans, and compares as it compares the column.
        var range = $"{column} BETWEEN least({string.Join(", ", least)}) AND greatest({string.Join(", ", greatest)})";
        var list = some.TrueForAll(values => values.Values.Count > 0) ? some.SelectMany(values => values.Values).ToHashSet(StringComparer.Ordinal) : [];
        return list.Count is 0 or > ListMax ? range : $"{range} AND {column} IN ({string.Join(", ", list.Select(value => Literal(key.Type, value)))})";
    }

    private static string? Literal(string type, string value) => type switch
    {
        "VARCHAR" => EngineText.Literal(value),
        "DATE" => Within(value, DaysMax) ? $"(DATE '1970-01-01' + CAST({value} AS INTEGER))" : null,
        "TIMESTAMP" => Within(value, DaysMax * MicrosecondsPerDay) ? $"make_timestamp(CAST({value} AS BIGINT))" : null,
        "TINYINT" or "SMALLINT" or "INTEGER" or "BIGINT" or "UTINYINT" or "USMALLINT" or "UINTEGER" => $"CAST('{value}' AS {type})",
        _ => null,
    };

    private static bool Within(string value, long most) => long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number <= most && number >= -most;
}
