using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;
using OrleansFlow.Errors;
using OrleansFlow.Flight;

namespace OrleansFlow.Silo.Gateway.Flight;

/// <summary>Writes a stream of batches as one Arrow IPC file.</summary>
internal static class UploadFile
{
    /// <summary>Writes and syncs a new file; the caller removes it when this fails.</summary>
    /// <param name="path">The file, which must not exist.</param>
    /// <param name="what">What it is for, for messages.</param>
    /// <param name="schema">Schema of every batch.</param>
    /// <param name="batches">The rows.</param>
    /// <param name="bytesMax">Most bytes of the file.</param>
    /// <param name="durable">Whether the file must outlast a crash of the machine.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FlowException"><c>limit_exceeded</c>; <c>bad_input</c>.</exception>
    public static async Task<UploadReceipt> WriteAsync(
        string path, string what, ArrowSchema schema, IAsyncEnumerable<FlightBatch> batches, long bytesMax, bool durable, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true);
        await using var writer = new ArrowFileWriter(file, schema, leaveOpen: true);
        var rows = 0L;
        await foreach (var element in batches.WithCancellation(cancellationToken))
        {
            using var batch = element.Batch;
            if (batch is null)
            {
                continue;
            }

            if (writer.BytesWritten + batch.ByteCount > bytesMax)
            {
                throw new FlowException(
                    FlowErrorCode.LimitExceeded,
                    $"{what} is longer than {bytesMax} bytes; raise {FlightGatewayOptions.SectionName}:{nameof(FlightGatewayOptions.UploadBytesMax)} or split it.");
            }

            try
            {
                await writer.WriteAsync(batch, cancellationToken);
            }
            catch (InvalidOperationException exception)
            {
                throw new FlowException(FlowErrorCode.BadInput, $"{what}: {exception.Message} Send one dictionary for all batches, or plain values.", exception);
            }

            rows += batch.RowCount;
        }

        await writer.EndAsync(cancellationToken);
        file.Flush(flushToDisk: durable);
        return new UploadReceipt(writer.BatchCount, rows, writer.BytesWritten);
    }

    /// <summary>Removes a file unless somebody has it open, here or in another process on this machine.</summary>
    /// <returns>Whether it is gone.</returns>
    public static bool TryDeleteUnused(string path)
    {
        try
        {
            // Whoever writes or maps a file holds a lock on it, which does not allow this one.
            using (new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
            {
                File.Delete(path);
            }

            return true;
        }
        catch (FileNotFoundException)
        {
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
