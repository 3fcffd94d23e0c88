using OrleansFlow.Silo.Gateway.Queries;
using OrleansFlow.Sql.Stages;

namespace OrleansFlow.Tests.Silo.Queries;

/// <summary>Goal: rows that were read of a table that may have changed since are not mixed with those of a second reading.</summary>
public sealed class VolatileScansTests
{
    [Fact]
    public void Stage_ThatReadsATableThatMayChange_IsPlacedAsVolatile()
    {
        var shuffle = new StageOutput(ExchangeKind.Coalesce, 1, [], [], IsMaterialized: false);
        QueryStage Scan(int id, params string[] tables) => new()
        {
            Id = id, Sql = "", ColumnTypes = ["BIGINT"], TaskCount = 1, Scans = [.. tables.Select(table => new StageScan(table, table, [], 0, 1))], Outputs = [shuffle],
        };
        var plan = new DistributedPlan
        {
            Stages =
            [
                Scan(1, "kept"), Scan(2, "kept", "changing"),
                new QueryStage { Id = 3, Sql = "", ColumnTypes = ["BIGINT"], TaskCount = 1, Inputs = [new StageInput("a", 1, 0, 0, 1), new StageInput("b", 2, 0, 0, 1)] },
            ],
            Names = ["n"],
        };
        var tables = new Dictionary<string, IQueryTable>(StringComparer.Ordinal) { ["kept"] = new KeptTable(), ["changing"] = new ChangingTable() };

        var placed = new QuerySteps(VolatileScans.Mark(plan, tables), new QueryMode(KeepsRows: true, Adaptive: null, FilterRowCountMin: null)).Begin();

        Assert.Equal([false, true, false], placed.Select(stage => stage.IsVolatile));
    }

    private sealed class KeptTable : IQueryTable
    {
        public string Name => "kept";

        public Task<IQueryScan> SplitAsync(StageScan scan, CancellationToken cancellationToken) => throw new InvalidOperationException("Nothing is read here.");
    }

    private sealed class ChangingTable : IQueryTable
    {
        public string Name => "changing";

        public bool MayChange => true;

        public Task<IQueryScan> SplitAsync(StageScan scan, CancellationToken cancellationToken) => throw new InvalidOperationException("Nothing is read here.");
    }
}
