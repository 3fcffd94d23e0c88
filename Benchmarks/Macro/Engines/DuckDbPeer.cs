using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using OrleansFlow.Engine;

namespace OrleansFlow.Benchmarks.Macro.Engines;

/// <summary>
/// The process of <see cref="DuckDbProcess"/>: DuckDB alone with some threads. It reads a statement a line (as a JSON string), runs it, takes
/// its whole result as Arrow batches, answers with the number of rows and its processor time so far, and ends with its input.
/// </summary>
internal static class DuckDbPeer
{
    public const string Argument = "duckdb-peer";
    public const string FailureMark = "error ";

    public static async Task RunAsync(int threadCount)
    {
        await using var instance = await EngineInstance.OpenAsync(
            new EngineOptions { ThreadCount = threadCount, PreserveInsertionOrder = false }, CancellationToken.None);
        await using var session = instance.OpenSession();
        Console.WriteLine(EngineInstance.LibraryVersion);
        while (await Console.In.ReadLineAsync() is { } line)
        {
            try
            {
                var rows = await DrainAsync(session, JsonSerializer.Deserialize(line, PeerJson.Default.String)!, CancellationToken.None);
                using var process = Process.GetCurrentProcess();
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rows} {process.TotalProcessorTime.TotalSeconds}"));
            }
            catch (EngineException exception)
            {
                Console.WriteLine(FailureMark + exception.Message.ReplaceLineEndings(" "));
            }
        }
    }

    /// <summary>Runs a statement and takes its whole result.</summary>
    /// <returns>How many rows there were.</returns>
    public static async Task<long> DrainAsync(EngineSession session, string sql, CancellationToken cancellationToken)
    {
        await using var result = await session.QueryAsync(sql, null, cancellationToken);
        var rows = 0L;
        await foreach (var batch in result.ReadAllAsync(cancellationToken))
        {
            rows += batch.RowCount;
            batch.Dispose();
        }

        return rows;
    }
}
