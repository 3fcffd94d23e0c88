using Apache.Arrow.C;
using OrleansFlow.Arrow.CData;
using ApacheBatch = Apache.Arrow.RecordBatch;
using FlowBatch = OrleansFlow.Arrow.RecordBatch;

namespace OrleansFlow.Samples.ArrowInterop;

/// <summary>Hands batches between OrleansFlow and the Apache.Arrow package without copying them.</summary>
internal static unsafe class ArrowBridge
{
    /// <summary>The batch as one of Apache.Arrow; both stay usable, and the memory lives until both are disposed.</summary>
    public static ApacheBatch ToApache(FlowBatch batch)
    {
        OrleansFlow.Arrow.CData.CArrowSchema schema;
        OrleansFlow.Arrow.CData.CArrowArray array;
        CDataExporter.ExportSchema(batch.Schema, &schema);
        CDataExporter.ExportBatch(batch, &array);
        return CArrowArrayImporter.ImportRecordBatch(
            (Apache.Arrow.C.CArrowArray*)&array, CArrowSchemaImporter.ImportSchema((Apache.Arrow.C.CArrowSchema*)&schema));
    }

    /// <summary>The batch as one of OrleansFlow. Apache.Arrow hands its batch over, even if this fails: use a Clone to keep it.</summary>
    public static FlowBatch FromApache(ApacheBatch batch)
    {
        OrleansFlow.Arrow.CData.CArrowSchema schema = default;
        OrleansFlow.Arrow.CData.CArrowArray array = default;
        CArrowSchemaExporter.ExportSchema(batch.Schema, (Apache.Arrow.C.CArrowSchema*)&schema);
        CArrowArrayExporter.ExportRecordBatch(batch, (Apache.Arrow.C.CArrowArray*)&array);
        return CDataImporter.ImportBatch(&array, CDataImporter.ImportSchema(&schema));
    }
}
