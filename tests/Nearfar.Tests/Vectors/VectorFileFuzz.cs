using Nearfar.Tests.Pairs;
using Nearfar.Training.Sampling;
using Nearfar.Vectors;

namespace Nearfar.Tests.Vectors;

/// <summary>Damages good vector files in every way a disk or an attacker does, and reads what is left. <c>eng/fuzz-vectors.sh</c> runs it for long.</summary>
internal static class VectorFileFuzz
{
    public static void Run(byte[] good, byte[] ids, int rounds, ulong seed)
    {
        using var folder = new Folder();
        var random = new SeededRandom(seed);
        for (int round = 0; round < rounds; round++)
        {
            byte[] bytes = Damage(good, random);
            File.WriteAllBytes(folder["f.safetensors"], bytes);
            File.WriteAllBytes(folder["f.ids.jsonl"], random.Below(8) == 0 ? Damage(ids, random) : ids);
            try
            {
                Read(folder["f.safetensors"]);
            }
            catch (NearfarException)
            {
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Seed {seed}, round {round}: {Convert.ToBase64String(bytes)}", e);
            }
        }
    }

    private static void Read(string path)
    {
        using var file = VectorFile.Open(path);
        float[] row = new float[file.Dimensions];
        for (int i = 0; i < file.Count; i++)
        {
            file.Read(i, row);
            if (row.Any(v => !float.IsFinite(v)))
            {
                throw new InvalidOperationException($"Row {i} came through as {string.Join(' ', row)}.");
            }
        }
    }

    private static byte[] Damage(byte[] good, SeededRandom random)
    {
        byte[] bytes = [.. good];
        for (int change = random.Below(3); change >= 0; change--)
        {
            int at = random.Below(Math.Max(1, bytes.Length));
            switch (random.Below(6))
            {
                case 0: bytes = bytes[..at]; break;
                case 1: bytes = [.. bytes[..at], .. bytes[Math.Min(bytes.Length, at + 1 + random.Below(9))..]]; break;
                case 2: bytes = [.. bytes[..at], .. bytes[..Math.Min(bytes.Length, 40)], .. bytes[at..]]; break;
                case 3 when at < bytes.Length: bytes[at] = (byte)"0123456789{}[]\",:-eE"[random.Below(20)]; break;
                case 4 when bytes.Length >= 8: bytes[random.Below(8)] = (byte)random.Below(256); break;
                default:
                    if (at < bytes.Length)
                    {
                        bytes[at] ^= (byte)(1 << random.Below(8));
                    }

                    break;
            }
        }

        return bytes;
    }
}
