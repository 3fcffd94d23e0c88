using System.Runtime.InteropServices;

namespace OrleansFlow.Engine.Functions;

/// <summary>
/// What the engine calls when it calls a function. A function of a whole database stays in its slot; one of a session leaves it with the session, because the
/// engine never forgets a function and would keep each session's for ever.
/// </summary>
internal sealed class FunctionSlot(EngineFunction function, Func<ulong, Scans.IScanOwner?> ownerOf, Native.ConnectionHandle conversions)
{
    private static long _liveCount;

    private volatile EngineFunction? _function = function;

    /// <summary>Slots that the engine holds.</summary>
    public static long LiveCount => Interlocked.Read(ref _liveCount);

    public EngineFunction Function => _function ?? throw new InvalidOperationException("The session of the function has ended.");

    /// <summary>The session of a connection, by the engine's number of it.</summary>
    public Func<ulong, Scans.IScanOwner?> OwnerOf { get; } = ownerOf;

    /// <summary>A connection for conversions.</summary>
    public Native.ConnectionHandle Conversions { get; } = conversions;

    /// <summary>Puts another function with the same signature in, or none.</summary>
    public void Fill(EngineFunction? other) => _function = other;

    /// <summary>A pointer for the engine, which gives it back with <see cref="Free"/>.</summary>
    public nint ToPointer()
    {
        Interlocked.Increment(ref _liveCount);
        return GCHandle.ToIntPtr(GCHandle.Alloc(this));
    }

    public static FunctionSlot Of(nint pointer) => (FunctionSlot)GCHandle.FromIntPtr(pointer).Target!;

    public static void Free(nint pointer)
    {
        GCHandle.FromIntPtr(pointer).Free();
        Interlocked.Decrement(ref _liveCount);
    }
}
