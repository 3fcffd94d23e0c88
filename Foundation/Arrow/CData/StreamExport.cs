using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace OrleansFlow.Arrow.CData;

/// <summary>Fills <see cref="CArrowArrayStream"/> structures from batches.</summary>
internal sealed unsafe class StreamExport
{
    private const int IoError = 5;

    private readonly ArrowSchema _schema;
    private readonly IEnumerator<RecordBatch> _batches;
    private byte* _lastError;

    private StreamExport(ArrowSchema schema, IEnumerator<RecordBatch> batches)
    {
        _schema = schema;
        _batches = batches;
    }

    public static void Export(ArrowSchema schema, IEnumerator<RecordBatch> batches, CArrowArrayStream* target)
    {
        *target = default;
        target->GetSchema = &GetSchema;
        target->GetNext = &GetNext;
        target->GetLastError = &GetLastError;
        target->Release = &Release;
        target->PrivateData = (void*)GCHandle.ToIntPtr(GCHandle.Alloc(new StreamExport(schema, batches)));
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int GetSchema(CArrowArrayStream* stream, CArrowSchema* target)
    {
        var self = Self(stream);
        try
        {
            self.ClearError();
            CDataExporter.ExportSchema(self._schema, target);
            return 0;
        }
        catch (Exception exception)
        {
            // Nothing may leave a callback from native code as an exception.
            return self.Fail(exception);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int GetNext(CArrowArrayStream* stream, CArrowArray* target)
    {
        var self = Self(stream);
        try
        {
            self.ClearError();
            *target = default;
            if (self._batches.MoveNext())
            {
                using var batch = self._batches.Current;
                ArrayExport.Export(batch, target);
            }

            return 0;
        }
        catch (Exception exception)
        {
            // Nothing may leave a callback from native code as an exception.
            return self.Fail(exception);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte* GetLastError(CArrowArrayStream* stream) => Self(stream)._lastError;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Release(CArrowArrayStream* stream)
    {
        if (stream is null || stream->Release is null)
        {
            return;
        }

        var self = Self(stream);
        GCHandle.FromIntPtr((nint)stream->PrivateData).Free();
        stream->Release = null;
        self.ClearError();
        try
        {
            self._batches.Dispose();
        }
        catch (Exception)
        {
            // There is no way to report it, and it must not reach native code.
        }
    }

    private static StreamExport Self(CArrowArrayStream* stream) => (StreamExport)GCHandle.FromIntPtr((nint)stream->PrivateData).Target!;

    private int Fail(Exception exception)
    {
        ClearError();
        var bytes = Encoding.UTF8.GetBytes(exception.Message);
        _lastError = (byte*)NativeMemory.AllocZeroed((nuint)bytes.Length + 1);
        bytes.CopyTo(new Span<byte>(_lastError, bytes.Length));
        return IoError;
    }

    private void ClearError()
    {
        NativeMemory.Free(_lastError);
        _lastError = null;
    }
}
