using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OrleansFlow.Engine.Native;

namespace OrleansFlow.Engine.Scans;

/// <summary>Lets <c>FROM 'path'</c> mean a call of a table function, by the ending of the path.</summary>
internal static unsafe class FileReaders
{
    /// <summary>Tells the database.</summary>
    public static void Register(DatabaseHandle database, IReadOnlyDictionary<string, string> functions)
    {
        if (functions.Count > 0)
        {
            DuckDb.AddReplacementScan(database, &Replace, GCHandle.ToIntPtr(GCHandle.Alloc(functions)), &Free);
        }
    }

    // Called for every name that is no table; no exception may leave it.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Replace(nint scan, byte* table, nint extra)
    {
        var functions = (IReadOnlyDictionary<string, string>)GCHandle.FromIntPtr(extra).Target!;
        var path = Marshal.PtrToStringUTF8((nint)table) ?? "";
        foreach (var (ending, function) in functions)
        {
            if (path.EndsWith(ending, StringComparison.OrdinalIgnoreCase))
            {
                var value = DuckDb.CreateText(path);
                DuckDb.SetReplacementFunction(scan, function);
                DuckDb.AddReplacementParameter(scan, value);
                DuckDb.DestroyValue(ref value);
                return;
            }
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Free(nint extra) => GCHandle.FromIntPtr(extra).Free();
}
