using OrleansFlow.Sql.Stages;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>Finds the stages that may make other rows when they run again because what they read may have changed.</summary>
internal static class VolatileScans
{
    /// <summary>The plan with those stages marked.</summary>
    /// <param name="plan">As planned; nothing of it says where its tables are.</param>
    /// <param name="tables">The tables of its scans, by name.</param>
    public static DistributedPlan Mark(DistributedPlan plan, IReadOnlyDictionary<string, IQueryTable> tables) => plan with
    {
        Stages = [.. plan.Stages.Select(stage => stage.Scans.Any(scan => tables[scan.Table].MayChange) ? stage with { IsVolatile = true } : stage)],
    };
}
