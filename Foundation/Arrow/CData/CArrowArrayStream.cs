using System.Runtime.InteropServices;

namespace OrleansFlow.Arrow.CData;

/// <summary><c>struct ArrowArrayStream</c> of the Arrow C Stream Interface, bit by bit.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct CArrowArrayStream
{
    /// <summary>Writes the schema; returns 0 or an error number.</summary>
    public delegate* unmanaged[Cdecl]<CArrowArrayStream*, CArrowSchema*, int> GetSchema;

    /// <summary>Writes the next array, at the end one without release; returns 0 or an error number.</summary>
    public delegate* unmanaged[Cdecl]<CArrowArrayStream*, CArrowArray*, int> GetNext;

    /// <summary>The text of the last error, valid until the next call; may be null.</summary>
    public delegate* unmanaged[Cdecl]<CArrowArrayStream*, byte*> GetLastError;

    /// <summary>Gives the structure back to its producer.</summary>
    public delegate* unmanaged[Cdecl]<CArrowArrayStream*, void> Release;

    /// <summary>The producer's own.</summary>
    public void* PrivateData;

    /// <summary>Calls <see cref="Release"/> if there is something to release.</summary>
    /// <param name="stream">The structure; null does nothing.</param>
    public static void ReleaseIfHeld(CArrowArrayStream* stream)
    {
        if (stream is not null && stream->Release is not null)
        {
            stream->Release(stream);
        }
    }
}
