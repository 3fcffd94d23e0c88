using OrleansFlow.Arrow;
using OrleansFlow.Samples.ArrowInterop;

using var builder = new RecordBatchBuilder(new ArrowSchema(new ArrowField("id", ArrowType.Int64), new ArrowField("name", ArrowType.Utf8)));
using var batch = builder.AppendRow(1L, "one").AppendRow(2L, null).Build();

var apache = ArrowBridge.ToApache(batch);
Console.WriteLine($"Apache.Arrow sees {apache.Length} rows of {string.Join(", ", apache.Schema.FieldsList.Select(field => field.Name))}.");

using var back = ArrowBridge.FromApache(apache);
Console.Write(ArrowFormatter.Format(back));
