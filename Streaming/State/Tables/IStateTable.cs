using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Streaming.State.Tables;

/// <summary>A table as the state of its subtask sees it.</summary>
internal interface IStateTable : IDisposable
{
    /// <summary>What the table holds now; see <see cref="ISubtaskState.Freeze"/>.</summary>
    ITableSnapshot Freeze(long epoch, long? watermarkMicros);

    /// <summary>Takes compacted files for those that they were made from.</summary>
    void Replace(IReadOnlyList<TableFile> compacted);
}

/// <summary>One table of a snapshot. Disposing it lets go of its rows; not completed, the table keeps them for the next one.</summary>
internal interface ITableSnapshot : IDisposable
{
    /// <summary>Writes what has to be written.</summary>
    ValueTask<WrittenTable> WriteAsync(CancellationToken cancellationToken);

    /// <summary>All tables of the snapshot are durable: the next one may build on this.</summary>
    void Complete();
}

/// <summary>What a snapshot says of a table, and what it cost.</summary>
/// <param name="State">The table and its files.</param>
/// <param name="Bytes">Bytes that were written for it.</param>
internal readonly record struct WrittenTable(TableState State, long Bytes);
