using OrleansFlow.Engine;
using OrleansFlow.Protocol.Queries.V1;

namespace OrleansFlow.Tests.Worker.Queries;

/// <summary>Plans of tasks as a coordinator writes them, and what DuckDB alone says.</summary>
internal static class Plans
{
    public const string Query = "q-1";

    /// <summary>A table of 20,000 rows: a key with 97 values and NULLs, a number, a text.</summary>
    public const string Table =
        "SELECT CASE WHEN i % 101 = 0 THEN NULL ELSE i % 97 END AS k, i * 3 AS v, 'text-' || (i % 1000) AS s FROM range(20000) AS t(i)";

    public static TaskKey Key(int stage, int task = 0, int attempt = 1, string query = Query) => new() { QueryId = query, Stage = stage, Task = task, Attempt = attempt };

    public static OutputRange Range(TaskKey key, int first = 0, int count = 1, int output = 0) => new() { Key = key, Output = output, FirstPartition = first, PartitionCount = count };

    /// <summary>One of several parts of the table, under the name t.</summary>
    public static TaskScan Scan(int part, int parts) =>
        new() { Name = "t", Sql = FormattableString.Invariant($"SELECT * FROM ({Table}) WHERE v // 3 % {parts} = {part}") };

    public static TaskPlan Plan(TaskKey key, string sql, params TaskOutput[] outputs) => new() { Key = key, Sql = sql, Outputs = { outputs } };

    public static TaskOutput Hash(int partitions, params int[] keys) =>
        new() { Dealing = TaskOutput.Types.Dealing.Hash, PartitionCount = partitions, Keys = { keys }, ReaderCount = 1 };

    public static TaskOutput All(int readers = 1, bool isMaterialized = false) => new() { PartitionCount = 1, ReaderCount = readers, IsMaterialized = isMaterialized };

    public static TaskInput Input(string name, string[] types, params (string Location, OutputRange Range)[] sources) => new()
    {
        Name = name,
        ColumnTypes = { types },
        Sources = { sources.Select(source => new InputSource { Location = source.Location, Range = source.Range }) },
    };

    /// <summary>The answer of one engine by itself.</summary>
    public static async Task<List<string>> AloneAsync(string sql)
    {
        var token = TestContext.Current.CancellationToken;
        await using var engine = await EngineInstance.OpenAsync(null, token);
        await using var session = engine.OpenSession();
        await session.ExecuteAsync($"CREATE TABLE t AS {Table}", null, token);
        await using var result = await session.QueryAsync(sql, null, token);
        return await QueryNode.RowsAsync(result.ReadAllAsync(token));
    }
}
