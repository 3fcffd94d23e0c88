using System.Globalization;
using System.Text.RegularExpressions;
using OrleansFlow.Engine;
using OrleansFlow.Errors;

namespace OrleansFlow.Worker.Queries.Databases;

/// <summary>
/// The DuckDB files that the tasks of one engine read. An engine knows attached files by names for all its sessions, and opens no path twice. So a file is attached once, while a task
/// reads it, under a name of its own; and by a link of its own, so that one that was written anew is opened beside the older one that others still read. Thread-safe.
/// </summary>
/// <param name="folder">Where links may be made.</param>
internal sealed partial class DatabaseFiles(Func<string> folder) : IDisposable
{
    private const string Mark = "orleansflow-duckdb:";
    private const string WalEnding = ".wal";

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Dictionary<string, Attached> _attached = new(StringComparer.Ordinal);
    private long _count;

    /// <summary>What stands for a file in the text of a scan, in the place of a database's name.</summary>
    public static string NameOf(string path) => EngineText.Quote(Mark + path);

    /// <summary>Attaches the files that a text names.</summary>
    /// <param name="session">Where the text will run.</param>
    /// <param name="sql">The text.</param>
    /// <param name="used">Gets what <see cref="ReleaseAsync"/> takes back.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The text with the names that the engine knows.</returns>
    /// <exception cref="FlowException"><c>data_file_missing</c>: a file is gone or no database.</exception>
    public async Task<string> UseAsync(EngineSession session, string sql, List<string> used, CancellationToken cancellationToken)
    {
        if (!sql.Contains(Mark, StringComparison.Ordinal))
        {
            return sql;
        }

        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (Match file in Files().Matches(sql))
        {
            if (!names.ContainsKey(file.Value))
            {
                names.Add(file.Value, await AttachAsync(session, file.Groups[1].Value.Replace("\"\"", "\"", StringComparison.Ordinal), used, cancellationToken));
            }
        }

        return Files().Replace(sql, file => names[file.Value]);
    }

    /// <summary>Says that a task has ended; the last reader of a file detaches it.</summary>
    /// <param name="session">The task's, without open statements.</param>
    /// <param name="used">What <see cref="UseAsync"/> gave.</param>
    public async Task ReleaseAsync(EngineSession session, IReadOnlyList<string> used)
    {
        foreach (var key in used)
        {
            await _turn.WaitAsync(CancellationToken.None);
            try
            {
                var file = _attached[key];
                if (--file.UserCount == 0)
                {
                    _attached.Remove(key);
                    await session.ExecuteAsync($"DETACH DATABASE IF EXISTS {file.Name}", null, CancellationToken.None);
                    File.Delete(file.Link);
                    File.Delete(file.Link + WalEnding);
                }
            }
            catch (Exception exception) when (exception is EngineException or ObjectDisposedException or IOException)
            {
                // The engine is broken and goes with its last task, and the folder with the worker.
            }
            finally
            {
                _turn.Release();
            }
        }
    }

    private async Task<string> AttachAsync(EngineSession session, string path, List<string> used, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var (file, wal) = (new FileInfo(path), new FileInfo(path + WalEnding));
            if (!file.Exists)
            {
                throw new FlowException(FlowErrorCode.DataFileMissing, $"The DuckDB file '{path}' does not exist here, or may not be read.");
            }

            var key = string.Create(CultureInfo.InvariantCulture, $"{path}\0{file.Length}\0{file.LastWriteTimeUtc.Ticks}\0{(wal.Exists ? wal.Length : -1)}");
            if (!_attached.TryGetValue(key, out var known))
            {
                var number = string.Create(CultureInfo.InvariantCulture, $"orleansflow_db_{++_count}");
                known = new Attached(EngineText.Quote(number), Path.Combine(Directory.CreateDirectory(folder()).FullName, number));
                File.CreateSymbolicLink(known.Link, path);
                if (wal.Exists)
                {
                    File.CreateSymbolicLink(known.Link + WalEnding, wal.FullName);
                }

                try
                {
                    await session.ExecuteAsync($"ATTACH {EngineText.Literal(known.Link)} AS {known.Name} (TYPE duckdb, READ_ONLY)", null, cancellationToken);
                }
                catch (EngineException exception) when (exception.Kind is not EngineErrorKind.Interrupted)
                {
                    throw new FlowException(FlowErrorCode.DataFileMissing, $"The DuckDB file '{path}' cannot be read: {exception.Message}", exception);
                }

                _attached.Add(key, known);
            }

            known.UserCount++;
            used.Add(key);
            return known.Name;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Only when no task reads any.</summary>
    public void Dispose() => _turn.Dispose();

    [GeneratedRegex($"\"{Mark}((?:[^\"]|\"\")*)\"", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Files();

    private sealed record Attached(string Name, string Link)
    {
        public int UserCount { get; set; }
    }
}
