using System.Text;
using OrleansFlow.Engine.Native;

namespace OrleansFlow.Engine.Functions;

/// <summary>Text and bytes in the engine's vectors: up to 12 bytes lie in the row, longer ones are pointed to.</summary>
internal static unsafe class EngineBytes
{
    private const int EntryBytes = 16;
    private const int InlineBytesMax = 12;
    private const int InlineOffset = 4;
    private const int PointerOffset = 8;
    private const int StackBytesMax = 512;

    /// <summary>The bytes of a row; valid while the vector is.</summary>
    public static ReadOnlySpan<byte> Read(byte* data, long row)
    {
        var entry = data + (row * EntryBytes);
        var length = *(uint*)entry;
        return new ReadOnlySpan<byte>(length <= InlineBytesMax ? entry + InlineOffset : *(byte**)(entry + PointerOffset), checked((int)length));
    }

    public static void Write(nint vector, long row, string text)
    {
        var most = Encoding.UTF8.GetMaxByteCount(text.Length);
        if (most <= StackBytesMax)
        {
            Span<byte> bytes = stackalloc byte[StackBytesMax];
            Write(vector, row, bytes[..Encoding.UTF8.GetBytes(text, bytes)]);
            return;
        }

        var rented = System.Buffers.ArrayPool<byte>.Shared.Rent(most);
        try
        {
            Write(vector, row, rented.AsSpan(0, Encoding.UTF8.GetBytes(text, rented)));
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Copies bytes into the vector. Text must be UTF-8: nobody checks it again.</summary>
    public static void Write(nint vector, long row, ReadOnlySpan<byte> bytes)
    {
        byte none = 0;
        fixed (byte* pointer = bytes)
        {
            DuckDb.AssignText(vector, (ulong)row, pointer is null ? &none : pointer, (ulong)bytes.Length);
        }
    }
}
