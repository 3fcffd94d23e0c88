using OrleansFlow.Arrow;

namespace OrleansFlow.Worker.Queries.Outputs;

/// <summary>The rows of one output of a task, by partition, between the task and its readers. One writer, many readers.</summary>
internal interface ITaskOutput : IDisposable
{
    /// <summary>Partitions, at least 1.</summary>
    int PartitionCount { get; }

    /// <summary>Whether every reader there can be has left before the end: nobody wants more rows.</summary>
    bool IsAbandoned { get; }

    /// <summary>Whether everything was made and every reader there can be has read it.</summary>
    bool IsDrained { get; }

    /// <summary>Adds rows to a partition; waits while its readers are far behind.</summary>
    /// <param name="partition">0-based.</param>
    /// <param name="batch">Taken over, also when it fails.</param>
    /// <param name="bytes">Its bytes; a slice of a batch counts in proportion.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask WriteAsync(int partition, RecordBatch batch, long bytes, CancellationToken cancellationToken);

    /// <summary>All rows are written.</summary>
    ValueTask CompleteAsync(CancellationToken cancellationToken);

    /// <summary>Ends it without all rows, for everybody who reads now or later, and lets go of the rows. Later calls do nothing.</summary>
    void Fail(Exception failure);

    /// <summary>Starts to read partitions.</summary>
    /// <exception cref="Errors.FlowException"><c>bad_input</c>: no such partitions; <c>already_ended</c>: they were read as often as they may be.</exception>
    IOutputReader OpenReader(int firstPartition, int partitionCount);
}

/// <summary>One reader of some partitions. Disposing it before the end says that it wants no more.</summary>
internal interface IOutputReader : IDisposable
{
    /// <summary>The next rows, which are the caller's: those of one partition in order, those of several as they come. Null at the end.</summary>
    /// <exception cref="TaskFailedException">The task failed.</exception>
    ValueTask<RecordBatch?> ReadAsync(CancellationToken cancellationToken);
}
