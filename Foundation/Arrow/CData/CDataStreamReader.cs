using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace OrleansFlow.Arrow.CData;

/// <summary>Pulls batches from a stream of native code. Not thread-safe.</summary>
public sealed unsafe class CDataStreamReader : IDisposable
{
    private readonly CArrowArrayStream* _stream;
    private bool _disposed;

    internal CDataStreamReader(CArrowArrayStream* source)
    {
        if (source->Release is null)
        {
            throw new ArrowFormatException("The stream was already released or moved.");
        }

        _stream = (CArrowArrayStream*)NativeMemory.Alloc((nuint)sizeof(CArrowArrayStream));
        *_stream = *source;
        source->Release = null;
        try
        {
            CArrowSchema schema = default;
            Check(_stream->GetSchema(_stream, &schema), "schema");
            Schema = CDataImporter.ImportSchema(&schema);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The schema of every batch.</summary>
    public ArrowSchema Schema { get; }

    /// <summary>The next batch, whose one reference the caller owns; null at the end. Blocks as long as the producer does.</summary>
    /// <exception cref="ArrowFormatException">The producer reports an error, or the batch does not fit the schema.</exception>
    public RecordBatch? ReadNext()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        CArrowArray array = default;
        Check(_stream->GetNext(_stream, &array), "next batch");
        return array.Release is null ? null : CDataImporter.ImportBatch(&array, Schema);
    }

    /// <summary>Releases the stream. Batches that were read stay valid.</summary>
    [SuppressMessage("Usage", "CA1816", Justification = "No finalizer: see ArrowMemoryOwner.")]
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            CArrowArrayStream.ReleaseIfHeld(_stream);
            NativeMemory.Free(_stream);
        }
    }

    private void Check(int code, string what)
    {
        if (code != 0)
        {
            var text = _stream->GetLastError is null ? null : Marshal.PtrToStringUTF8((nint)_stream->GetLastError(_stream));
            throw new ArrowFormatException($"The producer could not give the {what} (error {code}): {text ?? "no text"}");
        }
    }
}
