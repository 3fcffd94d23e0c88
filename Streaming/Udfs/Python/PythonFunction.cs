using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using OrleansFlow.Engine.Functions;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Udfs.Python;

/// <summary>A function of Python as the engine calls it: leaves out rows by the null rule, has the others computed by a process, and puts the results in their places.</summary>
/// <param name="signature">The function.</param>
/// <param name="index">Its place among those that a process loads.</param>
/// <param name="pool">The processes.</param>
/// <param name="failures">Gets what it fails with.</param>
internal sealed class PythonFunction(FunctionSignature signature, int index, PythonPool pool, FunctionFailures failures)
{
    /// <summary>Computes a batch. The thread waits for the process.</summary>
    public void Run(FunctionCall call)
    {
        var called = ArrayPool<int>.Shared.Rent(call.RowCount);
        try
        {
            var rows = called.AsSpan(0, SelectRows(call, called));
            if (rows.IsEmpty)
            {
                PythonColumns.WriteNulls(call);
                return;
            }

            var frame = new ArrayBufferWriter<byte>(1_024);
            BinaryPrimitives.WriteUInt16LittleEndian(frame.GetSpan(2), (ushort)index);
            frame.Advance(2);
            BinaryPrimitives.WriteInt32LittleEndian(frame.GetSpan(4), rows.Length);
            frame.Advance(4);
            for (var parameter = 0; parameter < signature.Parameters.Count; parameter++)
            {
                PythonColumns.Write(frame, call, parameter, signature.Parameters[parameter], rows);
            }

            Read(call, rows, pool.Run(signature, frame.WrittenSpan));
        }
        catch (FlowException exception)
        {
            // The engine tells the message only.
            failures.Keep(exception);
            throw;
        }
        finally
        {
            ArrayPool<int>.Shared.Return(called);
        }
    }

    private int SelectRows(in FunctionCall call, int[] rows)
    {
        var count = 0;
        for (var row = 0; row < call.RowCount; row++)
        {
            var isCalled = true;
            for (var parameter = 0; isCalled && parameter < signature.Parameters.Count; parameter++)
            {
                isCalled = signature.Function.Parameters[parameter].IsNullable || !PythonColumns.IsNull(call, parameter, signature.Parameters[parameter], row);
            }

            if (isCalled)
            {
                rows[count++] = row;
            }
        }

        return count;
    }

    private void Read(in FunctionCall call, ReadOnlySpan<int> rows, ReadOnlySpan<byte> answer)
    {
        if (answer[0] == 0)
        {
            try
            {
                PythonColumns.Read(call, signature.Result, rows, answer[1..]);
                return;
            }
            catch (Exception exception) when (exception is ArgumentException or OverflowException or FormatException or IndexOutOfRangeException)
            {
                throw FunctionFailed.For(signature, [], $"a result of the batch is no {signature.Result.Sql}: {exception.Message}");
            }
        }

        var row = rows[Math.Clamp(BinaryPrimitives.ReadInt32LittleEndian(answer[1..]), 0, rows.Length - 1)];
        var values = new object?[signature.Parameters.Count];
        for (var parameter = 0; parameter < values.Length; parameter++)
        {
            values[parameter] = PythonColumns.Box(call, parameter, signature.Parameters[parameter], row);
        }

        throw FunctionFailed.For(signature, values, FunctionValues.Cut(Encoding.UTF8.GetString(answer[5..]), 1_000));
    }
}
