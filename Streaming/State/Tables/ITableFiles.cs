using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Streaming.State.Tables;

/// <summary>Where files of tables are. Thread-safe.</summary>
internal interface ITableFiles
{
    /// <summary>The path of a new file under the job's folder; another for every table, subtask, epoch and generation of the job and of compaction.</summary>
    string PathOf(SubtaskPlace place, string table, long epoch, int compaction);

    /// <summary>Begins a file.</summary>
    /// <param name="path">Where.</param>
    /// <param name="schema">The columns of the file.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<ITableFileWriter> CreateAsync(string path, ArrowSchema schema, CancellationToken cancellationToken);

    /// <summary>The rows of a file, a batch at a time, which the caller disposes. They have the hash that the file may have left out (<see cref="ImpliedHash"/>).</summary>
    IAsyncEnumerable<RecordBatch> ReadAsync(TableFile file, CancellationToken cancellationToken);
}

/// <summary>A file under way. Disposing one that was not completed leaves nothing behind.</summary>
internal interface ITableFileWriter : IAsyncDisposable
{
    /// <summary>Adds rows; the caller keeps its reference.</summary>
    ValueTask WriteAsync(RecordBatch batch, CancellationToken cancellationToken);

    /// <summary>Makes the file durable.</summary>
    /// <returns>Its size in bytes.</returns>
    ValueTask<long> CompleteAsync(CancellationToken cancellationToken);
}
