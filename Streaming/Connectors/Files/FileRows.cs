using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Formats;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Streaming.Connectors.Files;

/// <summary>The rows of one file, from a place on. Not thread-safe.</summary>
internal abstract class FileRows : IAsyncDisposable
{
    /// <summary>Rows of a batch at most.</summary>
    public const int BatchRows = 4_096;

    /// <summary>The place behind the rows that were given: bytes of a text form, rows of another.</summary>
    public abstract long Position { get; }

    /// <summary>The place of each row of the last batch, after <see cref="KeepRowPlaces"/>; empty: they follow one another from where the batch began.</summary>
    public virtual IReadOnlyList<long> RowPlaces => [];

    /// <summary>Asks for <see cref="RowPlaces"/>, before the first batch. Default: nothing to keep, as places are rows.</summary>
    public virtual void KeepRowPlaces()
    {
    }

    /// <summary>Reads on.</summary>
    /// <returns>At least one row, which the caller owns; null at the end.</returns>
    public abstract ValueTask<RecordBatch?> ReadAsync(CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();

    /// <summary>Opens a file of this machine whose rows have columns that are no part of it.</summary>
    /// <param name="path">See below, also for the others.</param>
    /// <param name="position">See there.</param>
    /// <param name="format">See there.</param>
    /// <param name="metadata">The columns that are no part of it; none: all are.</param>
    /// <param name="schema">See there.</param>
    /// <param name="bad">See there.</param>
    /// <param name="context">The source, and the memory of its batches.</param>
    /// <param name="cancellationToken">See there.</param>
    /// <exception cref="FlowException">See there; and the columns do not fit (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public static async ValueTask<FileRows> OpenWithMetadataAsync(
        string path, long position, FormatConfig format, IReadOnlyList<MetadataColumn> metadata, ArrowSchema schema, BadRecords bad, OperatorContext context, CancellationToken cancellationToken)
    {
        if (metadata.Count == 0)
        {
            return await OpenAsync(path, position, format, schema, bad, context.Allocator, cancellationToken);
        }

        var columns = new MetadataRows(context.OperatorId, schema, metadata, context.Allocator);
        FileRows? rows = null;
        try
        {
            rows = await OpenAsync(path, position, format, columns.Data, bad, context.Allocator, cancellationToken);
            return new FileMetadataRows(path, rows, columns, context.OperatorId);
        }
        catch
        {
            columns.Dispose();
            if (rows is not null)
            {
                await rows.DisposeAsync();
            }

            throw;
        }
    }

    /// <summary>Opens a file of this machine.</summary>
    /// <param name="path">The file.</param>
    /// <param name="position">Where to go on; 0 for the start.</param>
    /// <param name="format">How it is written.</param>
    /// <param name="schema">The rows that are wanted.</param>
    /// <param name="bad">What becomes of bad records.</param>
    /// <param name="allocator">Memory of batches.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FlowException">There is no such file, or it is shorter than the place (<see cref="FlowErrorCode.DataFileMissing"/>), or it does not have the rows.</exception>
    public static async ValueTask<FileRows> OpenAsync(
        string path, long position, FormatConfig format, ArrowSchema schema, BadRecords bad, ArrowAllocator allocator, CancellationToken cancellationToken)
    {
        try
        {
            return format.Kind switch
            {
                FormatKind.Parquet => await ParquetFileRows.OpenAsync(path, position, schema, cancellationToken),
                FormatKind.Arrow => new ArrowFileRows(path, position, schema),
                _ => await TextFileRows.OpenAsync(File.OpenRead(path), path, position, format, schema, bad, allocator, cancellationToken),
            };
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new FlowException(FlowErrorCode.DataFileMissing, $"There is no file '{path}' to read.", exception);
        }
    }

    /// <summary>What to say of a file that does not reach up to where it was read before.</summary>
    protected static FlowException TooShort(string path, long position, string what) =>
        new(FlowErrorCode.DataFileMissing, $"'{path}' was read up to {what} {position} and has less than that now. Bring the file back as it was, or start the job anew.");
}
