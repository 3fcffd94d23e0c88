using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace OrleansFlow.Flight.Exchange;

/// <summary>
/// What the class library's sockets do not offer and Linux does: a vectored send from native memory (theirs takes arrays), and whether
/// the peer is gone while its last bytes are unread. Layouts are those of 64-bit glibc and musl.
/// </summary>
internal static unsafe partial class NativeSocket
{
    // The kernel's own bound (IOV_MAX).
    private const int VectorsMax = 1024;
    private const int DontWait = 0x40;
    private const int NoSignal = 0x4000;
    private const int Interrupted = 4;
    private const int WouldBlock = 11;
    private const short PollError = 0x8;
    private const short PollHangUp = 0x10;
    private const short PollPeerHangUp = 0x2000;

    public static bool IsSupported { get; } = OperatingSystem.IsLinux() && Environment.Is64BitProcess;

    /// <summary>Sends without waiting.</summary>
    /// <returns>Bytes that were taken; 0 when the socket's buffer is full.</returns>
    /// <exception cref="SocketException">The connection is broken.</exception>
    public static long Send(SafeHandle socket, ReadOnlySpan<Vector> vectors)
    {
        fixed (Vector* first = vectors)
        {
            var message = new Message { Vectors = first, VectorCount = (nuint)Math.Min(vectors.Length, VectorsMax) };
            while (true)
            {
                var sent = SendMessage(socket, &message, DontWait | NoSignal);
                if (sent >= 0)
                {
                    return sent;
                }

                switch (Marshal.GetLastPInvokeError())
                {
                    case Interrupted:
                        break;
                    case WouldBlock:
                        return 0;
                    default:
                        throw new SocketException((int)SocketError.ConnectionReset, $"The connection broke while sending: {Marshal.GetLastPInvokeErrorMessage()}.");
                }
            }
        }
    }

    public static bool IsPeerGone(SafeHandle socket)
    {
        var isHeld = false;
        socket.DangerousAddRef(ref isHeld);
        try
        {
            var entry = new PollEntry { Descriptor = (int)socket.DangerousGetHandle(), Events = PollPeerHangUp };
            return Poll(&entry, 1, 0) > 0 && (entry.Happened & (PollError | PollHangUp | PollPeerHangUp)) != 0;
        }
        finally
        {
            socket.DangerousRelease();
        }
    }

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint SendMessage(SafeHandle socket, Message* message, int flags);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Poll(PollEntry* entries, nuint count, int timeoutMs);

    /// <summary>One stretch of memory (<c>iovec</c>).</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Vector
    {
        public nint Start;
        public nint Length;
    }

    /// <summary><c>msghdr</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Message
    {
        public nint Name;
        public uint NameLength;
        public Vector* Vectors;
        public nuint VectorCount;
        public nint Control;
        public nuint ControlLength;
        public int Flags;
    }

    /// <summary><c>pollfd</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Happened;
    }
}
