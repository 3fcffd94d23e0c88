using System.Text.Unicode;

namespace OrleansFlow.Arrow;

/// <summary>Checks what views, list views and run ends refer to; part of <see cref="ArrowValidator"/>.</summary>
internal static class ViewValidator
{
    public static string? FindDefect(BytesViewArray array, bool checkUtf8)
    {
        for (var i = 0; i < array.Length; i++)
        {
            if (!array.IsValid(i))
            {
                continue;
            }

            ReadOnlySpan<byte> bytes;
            try
            {
                bytes = array.GetBytes(i);
            }
            catch (ArrowFormatException exception)
            {
                return exception.Message;
            }

            var view = array.View(i);
            if (bytes.Length <= BytesViewArray.InlineBytes)
            {
                // Engines compare short values by their whole view, so what is behind the bytes counts.
                if (view[(4 + bytes.Length)..].ContainsAnyExcept((byte)0))
                {
                    return $"{array.Type.Name}: the view of value {i} is not zero behind its {bytes.Length} bytes.";
                }
            }
            else if (!view.Slice(4, 4).SequenceEqual(bytes[..4]))
            {
                return $"{array.Type.Name}: the view of value {i} does not start with the first bytes of the value.";
            }

            if (checkUtf8 && array is StringViewArray && !Utf8.IsValid(bytes))
            {
                return $"{array.Type.Name}: value {i} is not UTF-8.";
            }
        }

        return null;
    }

    public static string? FindDefect(ListViewArray array)
    {
        try
        {
            for (var i = 0; i < array.Length; i++)
            {
                array.GetRange(i);
            }

            return null;
        }
        catch (ArrowFormatException exception)
        {
            return exception.Message;
        }
    }

    public static string? FindDefect(RunEndEncodedArray array)
    {
        var before = 0L;
        for (var run = 0; run < array.RunEnds.Length; run++)
        {
            var end = array.EndOf(run);
            if (end <= before)
            {
                return $"{array.Type.Name}: run {run} ends at {end}, the run before it at {before}.";
            }

            before = end;
        }

        return null;
    }
}
