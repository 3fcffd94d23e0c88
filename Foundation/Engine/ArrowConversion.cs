using System.Runtime.InteropServices;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.CData;
using OrleansFlow.Engine.Native;

namespace OrleansFlow.Engine;

/// <summary>Schemas across the border between Arrow and DuckDB.</summary>
internal static unsafe class ArrowConversion
{
    /// <summary>What DuckDB needs to read arrays of a schema.</summary>
    /// <exception cref="EngineException">A type has no counterpart in DuckDB.</exception>
    public static ConvertedSchemaHandle ToConverter(ConnectionHandle connection, ArrowSchema schema)
    {
        CArrowSchema exported = default;
        CDataExporter.ExportSchema(schema, &exported);
        try
        {
            EngineException.ThrowIfError(DuckDb.SchemaFromArrow(connection, &exported, out var converted));
            return new ConvertedSchemaHandle(converted);
        }
        finally
        {
            CArrowSchema.ReleaseIfHeld(&exported);
        }
    }

    /// <summary>The Arrow schema that DuckDB declares for columns; the caller releases it.</summary>
    public static void Describe(
        ArrowOptionsHandle options, IReadOnlyList<LogicalTypeHandle> types, IReadOnlyList<string> names, CArrowSchema* target)
    {
        var typePointers = stackalloc nint[types.Count];
        var namePointers = stackalloc nint[types.Count];
        var added = false;
        options.DangerousAddRef(ref added);
        try
        {
            for (var index = 0; index < types.Count; index++)
            {
                typePointers[index] = types[index].Value;
                namePointers[index] = Marshal.StringToCoTaskMemUTF8(names[index]);
            }

            EngineException.ThrowIfError(
                DuckDb.ToArrowSchema(options.DangerousGetHandle(), typePointers, namePointers, (ulong)types.Count, target));
        }
        finally
        {
            for (var index = 0; index < types.Count; index++)
            {
                Marshal.FreeCoTaskMem(namePointers[index]);
            }

            if (added)
            {
                options.DangerousRelease();
            }
        }
    }
}
