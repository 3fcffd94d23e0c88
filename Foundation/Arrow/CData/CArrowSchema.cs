using System.Runtime.InteropServices;

namespace OrleansFlow.Arrow.CData;

/// <summary>
/// <c>struct ArrowSchema</c> of the Arrow C Data Interface, bit by bit. Whoever holds one with a <see cref="Release"/> must call it
/// once; a structure whose <see cref="Release"/> is null was released or moved elsewhere.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct CArrowSchema
{
    /// <summary>The type as a format string, UTF-8, ends in a zero byte.</summary>
    public byte* Format;

    /// <summary>The name, UTF-8, ends in a zero byte; may be null.</summary>
    public byte* Name;

    /// <summary>Encoded key and value pairs; may be null.</summary>
    public byte* Metadata;

    /// <summary>1: ordered dictionary, 2: nullable, 4: map keys are sorted.</summary>
    public long Flags;

    /// <summary>Number of children.</summary>
    public long ChildCount;

    /// <summary>The children.</summary>
    public CArrowSchema** Children;

    /// <summary>The type of the dictionary's values; null for other types.</summary>
    public CArrowSchema* Dictionary;

    /// <summary>Gives the structure back to its producer.</summary>
    public delegate* unmanaged[Cdecl]<CArrowSchema*, void> Release;

    /// <summary>The producer's own.</summary>
    public void* PrivateData;

    /// <summary>Calls <see cref="Release"/> if there is something to release.</summary>
    /// <param name="schema">The structure; null does nothing.</param>
    public static void ReleaseIfHeld(CArrowSchema* schema)
    {
        if (schema is not null && schema->Release is not null)
        {
            schema->Release(schema);
        }
    }
}
