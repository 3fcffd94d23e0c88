using System.Globalization;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Worker.Artifacts;

namespace OrleansFlow.Worker.Queries.Sinks;

/// <summary>
/// Writes the rows of a task as files instead of handing them on. Names carry task and attempt, so that no two attempts ever write the same file; whoever asked for
/// them makes those count that the result names.
/// </summary>
/// <param name="session">Where the task's views are.</param>
/// <param name="sink">What to write.</param>
/// <param name="key">Which attempt of which task.</param>
/// <param name="stopAsync">Stops what the task reads, after a failure: a thread of the engine may wait for it, and the end of the result for that thread. Null: nothing waits.</param>
internal sealed class SinkWriter(EngineSession session, TaskSink sink, TaskKey key, Func<Task>? stopAsync = null)
{
    /// <summary>Format of Arrow IPC files; all other formats are the engine's.</summary>
    public const string Arrow = "arrow";

    /// <summary>Ending of files that do not count yet: no glob over files of a format finds them.</summary>
    public const string UnfinishedEnding = ".tmp";

    /// <summary>Formats that there are.</summary>
    public static IReadOnlyList<string> Formats { get; } = [Arrow, "parquet", "csv", "json"];

    /// <summary>Columns of the rows that such a task hands on: the name of a file or of a folder of files, their rows and their bytes.</summary>
    public static ArrowSchema Schema { get; } = new(
        new ArrowField("c0", ArrowType.Utf8), new ArrowField("c1", ArrowType.Int64), new ArrowField("c2", ArrowType.Int64));

    /// <summary>What the task writes, as one name that is no other attempt's.</summary>
    public string Name { get; } = string.Create(CultureInfo.InvariantCulture, $"{sink.Prefix}{key.Stage}-{key.Task:00000}-{key.Attempt}");

    /// <summary>Writes the rows of a text.</summary>
    /// <param name="text">One SELECT.</param>
    /// <param name="cancellationToken">Stops it; then nothing is left.</param>
    /// <returns>One row: what was written.</returns>
    /// <exception cref="FlowException"><c>store_unavailable</c>: the folder is not there or cannot be written.</exception>
    public async Task<RecordBatch> WriteAsync(string text, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(sink.Folder))
        {
            throw Unavailable("it does not exist");
        }

        var columns = string.Join(", ", sink.Names.Select((name, index) => string.Create(CultureInfo.InvariantCulture, $"c{index} AS {EngineText.Quote(name)}")));
        var inner = string.Join(", ", Enumerable.Range(0, sink.Names.Count).Select(index => string.Create(CultureInfo.InvariantCulture, $"c{index}")));
        var named = $"SELECT {columns} FROM ({text}\n) AS t({inner})";
        var isDone = false;
        try
        {
            var (name, rows, bytes) = sink.Format == Arrow ? await WriteArrowAsync(named, cancellationToken) : await CopyAsync(named, cancellationToken);
            isDone = true;
            using var builder = new RecordBatchBuilder(Schema);
            builder.AppendRow(name, rows, bytes);
            return builder.Build();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unavailable(exception.Message, exception);
        }
        finally
        {
            if (!isDone)
            {
                Delete();
            }
        }
    }

    private string ArrowPath => Path.Combine(sink.Folder, Name + ".arrow");

    private string CopyFolder => Path.Combine(sink.Folder, Name);

    private async Task<(string Name, long Rows, long Bytes)> WriteArrowAsync(string text, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(ArrowPath, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true);
        var result = await session.QueryAsync(text, null, cancellationToken);
        try
        {
            await using var writer = new ArrowFileWriter(file, result.Schema, leaveOpen: true);
            var rows = 0L;
            while (await result.ReadAsync(cancellationToken) is { } batch)
            {
                using (batch)
                {
                    await writer.WriteAsync(batch, cancellationToken);
                    rows += batch.RowCount;
                }
            }

            await writer.EndAsync(cancellationToken);
            file.Flush(flushToDisk: true);
            FolderSync.Flush(sink.Folder);
            return (Path.GetFileName(ArrowPath), rows, writer.BytesWritten);
        }
        catch
        {
            await (stopAsync?.Invoke() ?? Task.CompletedTask);
            throw;
        }
        finally
        {
            await result.DisposeAsync();
        }
    }

    private async Task<(string Name, long Rows, long Bytes)> CopyAsync(string text, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(CopyFolder);
        var (target, options) = sink.IsPartitioned
            ? (CopyFolder, $", OVERWRITE_OR_IGNORE true, FILENAME_PATTERN {EngineText.Literal($"part-{Name}-{{i}}")}, FILE_EXTENSION {EngineText.Literal(UnfinishedEnding[1..])}")
            : (Path.Combine(CopyFolder, $"part-{Name}{UnfinishedEnding}"), "");
        var more = string.Concat(sink.Options.Select(option => $", {option}"));
        var rows = await session.ExecuteAsync(
            $"COPY ({text}) TO {EngineText.Literal(target)} (FORMAT {sink.Format}{options}{more})", null, cancellationToken);
        var bytes = new DirectoryInfo(CopyFolder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
        return (Name, rows, bytes);
    }

    private void Delete()
    {
        try
        {
            File.Delete(ArrowPath);
            if (Directory.Exists(CopyFolder))
            {
                Directory.Delete(CopyFolder, recursive: true);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // What led here is the better error. Nothing names these files, and whoever asked for them removes the folder.
        }
    }

    private FlowException Unavailable(string why, Exception? cause = null) => new(
        FlowErrorCode.StoreUnavailable, $"Task {QueryErrors.Format(key)} cannot write to the folder '{sink.Folder}': {why}. Every worker must see it under this path.", cause);
}
