using System.Runtime.InteropServices;

namespace OrleansFlow.Streaming.Aggregation;

/// <summary>
/// Large memory in pages of 2 MiB where the system has them (Linux, transparent huge pages by request). Fresh memory then costs one fault for 2 MiB instead of
/// 512, and a look into a large table no walk through the page tables. It is a hint: where it is refused, all goes on with small pages.
/// </summary>
internal static unsafe partial class HugePages
{
    /// <summary>Size of a huge page in bytes.</summary>
    public const int PageBytes = 2 * 1024 * 1024;

    private const int AdviceHugePage = 14;

    /// <summary>A new array of zeros.</summary>
    public static T[] Allocate<T>(int length)
        where T : unmanaged
    {
        // The collector hands large arrays out on fresh pages that nobody has touched yet; that is when advice counts.
        var array = new T[length];
        fixed (T* start = array)
        {
            Advise(start, (long)length * sizeof(T));
        }

        return array;
    }

    /// <summary>As <see cref="Array.Resize"/>, to more.</summary>
    public static void Resize<T>(ref T[] array, int length)
        where T : unmanaged
    {
        var larger = Allocate<T>(length);
        array.CopyTo(larger, 0);
        array = larger;
    }

    /// <summary>Asks for huge pages for the part of some memory that whole ones cover.</summary>
    public static void Advise(void* start, long byteCount)
    {
        var first = ((nuint)start + PageBytes - 1) & ~(nuint)(PageBytes - 1);
        var end = ((nuint)start + (nuint)byteCount) & ~(nuint)(PageBytes - 1);
        if (OperatingSystem.IsLinux() && end > first)
        {
            // A kernel without them answers with an error, which changes nothing.
            _ = MAdvise((void*)first, end - first, AdviceHugePage);
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int MAdvise(void* start, nuint length, int advice);
}
