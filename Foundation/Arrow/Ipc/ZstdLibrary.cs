using System.Runtime.InteropServices;

namespace OrleansFlow.Arrow.Ipc;

/// <summary>The system's libzstd, loaded when first needed. Source of the calls: zstd.h, the public interface of Zstandard.</summary>
internal static unsafe class ZstdLibrary
{
    private static readonly Entries? Loaded = Entries.Load();

    public static bool IsAvailable => Loaded is not null;

    private static Entries Library => Require(Loaded);

    public static long Bound(long length) => checked((long)Library.Bound((nuint)length));

    public static int Compress(ReadOnlySpan<byte> source, Span<byte> target, int level)
    {
        fixed (byte* from = source, to = target)
        {
            var size = Library.Compress(to, (nuint)target.Length, from, (nuint)source.Length, level);
            return Library.IsError(size) == 0
                ? (int)size
                : throw new InvalidOperationException($"Zstandard could not compress {source.Length} bytes: {Library.Name(size)}");
        }
    }

    public static void Decompress(ReadOnlySpan<byte> source, Span<byte> target)
    {
        fixed (byte* from = source, to = target)
        {
            var size = Library.Decompress(to, (nuint)target.Length, from, (nuint)source.Length);
            if (Library.IsError(size) != 0)
            {
                throw new ArrowFormatException($"the Zstandard frame is damaged: {Library.Name(size)}");
            }

            if (size != (nuint)target.Length)
            {
                throw new ArrowFormatException($"the Zstandard frame holds {size} bytes instead of {target.Length}.");
            }
        }
    }

    /// <summary>The library, or the error that names the package to install.</summary>
    internal static T Require<T>(T? library)
        where T : class => library
        ?? throw new NotSupportedException("Zstandard compression needs the system's libzstd, which was not found. Install the package libzstd1 (Debian, Ubuntu), libzstd (Fedora) or zstd (Alpine, Homebrew), or use LZ4 or no compression.");

    private sealed class Entries
    {
        private Entries(nint library)
        {
            Bound = (delegate* unmanaged[Cdecl]<nuint, nuint>)NativeLibrary.GetExport(library, "ZSTD_compressBound");
            Compress = (delegate* unmanaged[Cdecl]<byte*, nuint, byte*, nuint, int, nuint>)NativeLibrary.GetExport(library, "ZSTD_compress");
            Decompress = (delegate* unmanaged[Cdecl]<byte*, nuint, byte*, nuint, nuint>)NativeLibrary.GetExport(library, "ZSTD_decompress");
            IsError = (delegate* unmanaged[Cdecl]<nuint, uint>)NativeLibrary.GetExport(library, "ZSTD_isError");
            ErrorName = (delegate* unmanaged[Cdecl]<nuint, byte*>)NativeLibrary.GetExport(library, "ZSTD_getErrorName");
        }

        public delegate* unmanaged[Cdecl]<nuint, nuint> Bound { get; }

        public delegate* unmanaged[Cdecl]<byte*, nuint, byte*, nuint, int, nuint> Compress { get; }

        public delegate* unmanaged[Cdecl]<byte*, nuint, byte*, nuint, nuint> Decompress { get; }

        public delegate* unmanaged[Cdecl]<nuint, uint> IsError { get; }

        public delegate* unmanaged[Cdecl]<nuint, byte*> ErrorName { get; }

        public static Entries? Load() => CodecLibrary.TryLoad("zstd", "1", out var library) ? new Entries(library) : null;

        public string Name(nuint error) => Marshal.PtrToStringUTF8((nint)ErrorName(error)) ?? "unknown error";
    }
}
