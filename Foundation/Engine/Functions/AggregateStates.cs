using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OrleansFlow.Engine.Functions;

/// <summary>States of aggregates that are objects: the engine's memory holds a handle, 0 while nothing was added.</summary>
internal static unsafe class AggregateStates
{
    private static long _liveCount;

    /// <summary>Objects that the engine's memory points to.</summary>
    public static long LiveCount => Interlocked.Read(ref _liveCount);

    /// <summary>The state at a place of the engine's memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref TState Get<TState>(void* place) =>
        ref RuntimeHelpers.IsReferenceOrContainsReferences<TState>() ? ref Unbox<TState>((nint*)place).Value : ref Unsafe.AsRef<TState>(place);

    /// <summary>A state that is only read. Several threads may read one of the engine's, so nothing is made at its place.</summary>
    /// <param name="place">Where it is.</param>
    /// <param name="none">Stands in for one to which nothing was added.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref TState Peek<TState>(void* place, ref TState none) =>
        ref RuntimeHelpers.IsReferenceOrContainsReferences<TState>() && *(nint*)place == 0 ? ref none : ref Get<TState>(place);

    public static void Free(nint* place)
    {
        if (*place != 0)
        {
            GCHandle.FromIntPtr(*place).Free();
            *place = 0;
            Interlocked.Decrement(ref _liveCount);
        }
    }

    private static Box<TState> Unbox<TState>(nint* place)
    {
        if (*place == 0)
        {
            *place = GCHandle.ToIntPtr(GCHandle.Alloc(new Box<TState>()));
            Interlocked.Increment(ref _liveCount);
        }

        return Unsafe.As<Box<TState>>(GCHandle.FromIntPtr(*place).Target!);
    }

    private sealed class Box<TState>
    {
        public TState Value = default!;
    }
}
