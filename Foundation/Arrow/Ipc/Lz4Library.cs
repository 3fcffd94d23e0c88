using System.Runtime.InteropServices;

namespace OrleansFlow.Arrow.Ipc;

/// <summary>The system's liblz4, loaded when first needed. Source of the calls: lz4frame.h, part of the public interface of LZ4.</summary>
internal static unsafe class Lz4Library
{
    private const uint FrameVersion = 100;
    private static readonly Entries? Loaded = Entries.Load();

    public static bool IsAvailable => Loaded is not null;

    public static int Compress(ReadOnlySpan<byte> source, Span<byte> target)
    {
        fixed (byte* from = source, to = target)
        {
            var size = Loaded!.CompressFrame(to, (nuint)target.Length, from, (nuint)source.Length, null);
            return Loaded.IsError(size) == 0
                ? (int)size
                : throw new InvalidOperationException($"LZ4 could not compress {source.Length} bytes: {Loaded.Name(size)}");
        }
    }

    public static void Decompress(ReadOnlySpan<byte> source, Span<byte> target)
    {
        void* context;
        Check(Loaded!.CreateContext(&context, FrameVersion));
        try
        {
            fixed (byte* from = source, to = target)
            {
                nuint read = 0;
                nuint written = 0;
                nuint hint = 1;
                while (hint != 0 && (read < (nuint)source.Length))
                {
                    var input = (nuint)source.Length - read;
                    var output = (nuint)target.Length - written;
                    hint = Check(Loaded.Decompress(context, to + written, &output, from + read, &input, null));
                    read += input;
                    written += output;
                    if (input == 0 && output == 0)
                    {
                        break;
                    }
                }

                if (hint != 0 || written != (nuint)target.Length)
                {
                    throw new ArrowFormatException($"the LZ4 frame holds {written} bytes{(hint == 0 ? "" : " or more")} instead of {target.Length}.");
                }
            }
        }
        finally
        {
            Loaded.FreeContext(context);
        }
    }

    private static nuint Check(nuint result) => Loaded!.IsError(result) == 0
        ? result
        : throw new ArrowFormatException($"the LZ4 frame is damaged: {Loaded.Name(result)}");

    private sealed class Entries
    {
        private Entries(nint library)
        {
            CompressFrame = (delegate* unmanaged[Cdecl]<byte*, nuint, byte*, nuint, void*, nuint>)NativeLibrary.GetExport(library, "LZ4F_compressFrame");
            CreateContext = (delegate* unmanaged[Cdecl]<void**, uint, nuint>)NativeLibrary.GetExport(library, "LZ4F_createDecompressionContext");
            FreeContext = (delegate* unmanaged[Cdecl]<void*, nuint>)NativeLibrary.GetExport(library, "LZ4F_freeDecompressionContext");
            Decompress = (delegate* unmanaged[Cdecl]<void*, byte*, nuint*, byte*, nuint*, void*, nuint>)NativeLibrary.GetExport(library, "LZ4F_decompress");
            IsError = (delegate* unmanaged[Cdecl]<nuint, uint>)NativeLibrary.GetExport(library, "LZ4F_isError");
            ErrorName = (delegate* unmanaged[Cdecl]<nuint, byte*>)NativeLibrary.GetExport(library, "LZ4F_getErrorName");
        }

        public delegate* unmanaged[Cdecl]<byte*, nuint, byte*, nuint, void*, nuint> CompressFrame { get; }

        public delegate* unmanaged[Cdecl]<void**, uint, nuint> CreateContext { get; }

        public delegate* unmanaged[Cdecl]<void*, nuint> FreeContext { get; }

        public delegate* unmanaged[Cdecl]<void*, byte*, nuint*, byte*, nuint*, void*, nuint> Decompress { get; }

        public delegate* unmanaged[Cdecl]<nuint, uint> IsError { get; }

        public delegate* unmanaged[Cdecl]<nuint, byte*> ErrorName { get; }

        public static Entries? Load() => CodecLibrary.TryLoad("lz4", "1", out var library) ? new Entries(library) : null;

        public string Name(nuint error) => Marshal.PtrToStringUTF8((nint)ErrorName(error)) ?? "unknown error";
    }
}
