using System.Buffers;
using System.Globalization;
using System.Text;

namespace OrleansFlow.Rpc;

/// <summary>The text forms of the gRPC protocol over HTTP/2: percent-encoded messages, timeouts, padded or bare base64.</summary>
internal static class RpcWireText
{
    /// <summary>Longest timeout that fits in eight digits of its largest unit.</summary>
    private const long TimeoutHoursMax = 99_999_999;

    public static string EncodeMessage(string message)
    {
        if (!message.AsSpan().ContainsAnyExceptInRange(' ', '~') && !message.Contains('%', StringComparison.Ordinal))
        {
            return message;
        }

        var text = new StringBuilder(message.Length + 16);
        foreach (var octet in Encoding.UTF8.GetBytes(message))
        {
            if (octet is >= 0x20 and <= 0x7E and not (byte)'%')
            {
                text.Append((char)octet);
            }
            else
            {
                text.Append('%').Append(octet.ToString("X2", CultureInfo.InvariantCulture));
            }
        }

        return text.ToString();
    }

    /// <summary>Never fails: what is no valid escape stays as it is.</summary>
    public static string DecodeMessage(string text)
    {
        if (!text.Contains('%', StringComparison.Ordinal))
        {
            return text;
        }

        var octets = new ArrayBufferWriter<byte>(text.Length);
        for (var index = 0; index < text.Length; index++)
        {
            if (text[index] == '%' && index + 2 < text.Length
                && byte.TryParse(text.AsSpan(index + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var octet))
            {
                octets.Write([octet]);
                index += 2;
            }
            else
            {
                octets.Write([(byte)text[index]]);
            }
        }

        return Encoding.UTF8.GetString(octets.WrittenSpan);
    }

    /// <summary>Rounded up, so that the peer never gives up before the caller would.</summary>
    public static string EncodeTimeout(TimeSpan timeout)
    {
        if (timeout <= TimeSpan.Zero)
        {
            return "1n";
        }

        var nanoseconds = (decimal)timeout.Ticks * 100;
        ReadOnlySpan<(char Unit, decimal Nanoseconds)> units =
            [('n', 1m), ('u', 1e3m), ('m', 1e6m), ('S', 1e9m), ('M', 60e9m), ('H', 3600e9m)];
        foreach (var (unit, size) in units)
        {
            var value = decimal.Ceiling(nanoseconds / size);
            if (value <= TimeoutHoursMax)
            {
                return value.ToString("0", CultureInfo.InvariantCulture) + unit;
            }
        }

        return TimeoutHoursMax.ToString(CultureInfo.InvariantCulture) + "H";
    }

    public static bool TryDecodeTimeout(string text, out TimeSpan timeout)
    {
        timeout = default;
        if (text.Length is < 2 or > 9
            || !long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var value))
        {
            return false;
        }

        long? ticksPerUnit = text[^1] switch
        {
            'H' => TimeSpan.TicksPerHour,
            'M' => TimeSpan.TicksPerMinute,
            'S' => TimeSpan.TicksPerSecond,
            'm' => TimeSpan.TicksPerMillisecond,
            'u' => TimeSpan.TicksPerMicrosecond,
            'n' => 0,
            _ => null,
        };
        if (ticksPerUnit is null)
        {
            return false;
        }

        // A tick is 100 ns; anything shorter counts as one, so that a tiny timeout stays a timeout.
        timeout = ticksPerUnit == 0
            ? TimeSpan.FromTicks((value + TimeSpan.NanosecondsPerTick - 1) / TimeSpan.NanosecondsPerTick)
            : TimeSpan.FromTicks(value * ticksPerUnit.Value);
        return true;
    }

    public static string EncodeBase64(ReadOnlySpan<byte> bytes) => Convert.ToBase64String(bytes).TrimEnd('=');

    public static bool TryDecodeBase64(string text, out byte[] bytes)
    {
        var bare = text.TrimEnd('=');
        var padded = bare.PadRight((bare.Length + 3) / 4 * 4, '=');
        bytes = new byte[padded.Length / 4 * 3];
        if (!Convert.TryFromBase64String(padded, bytes, out var written))
        {
            return false;
        }

        Array.Resize(ref bytes, written);
        return true;
    }
}
